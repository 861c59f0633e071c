//go:build !windows

// Package tencentvpc is empty: the back end for one cloud is left out with that cloud's SDK. A configuration that names
// it is refused by flanneld.
package tencentvpc
