//go:build !windows

// Package udp is empty: flannel's back end of that name, which is partly C and which its authors advise against, is left
// out, so that flanneld needs no C compiler. A configuration that names it is refused by flanneld.
package udp
