// Command shared-folder lets its own group write to a folder, before a program without rights starts there. The kubelet
// makes such folders on a host as root's alone; their owner needs no privilege to share them.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "shared-folder: say one folder")
		os.Exit(2)
	}
	if err := share(os.Args[1], os.Getgid()); err != nil {
		fmt.Fprintln(os.Stderr, "shared-folder: "+err.Error())
		os.Exit(1)
	}
}

// share gives a folder to a group, which may then read it and write to it.
func share(folder string, group int) error {
	if err := os.Chown(folder, -1, group); err != nil {
		return err
	}
	return os.Chmod(folder, 0o770)
}
