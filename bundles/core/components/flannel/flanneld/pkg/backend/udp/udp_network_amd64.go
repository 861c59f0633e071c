//go:build !windows

package udp
