package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFolderIsSharedWithTheGroup(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := share(folder, os.Getgid()); err != nil {
		t.Fatal(err)
	}
	found, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if found.Mode().Perm() != 0o770 {
		t.Errorf("it has the mode %o", found.Mode().Perm())
	}
}

func TestAFolderThatIsNotThereIsTold(t *testing.T) {
	if share(filepath.Join(t.TempDir(), "none"), os.Getgid()) == nil {
		t.Error("nothing is there, and nothing is said")
	}
}
