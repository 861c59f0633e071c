package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// source is all that a web configuration is made from.
type source struct {
	base      string
	passwords map[string]string // by user
}

// read reads the base and each user's two files. A folder without users is an error: nobody asked for an open door.
func read(base, users string) (source, error) {
	text, err := os.ReadFile(base)
	if err != nil {
		return source{}, err
	}
	names, err := filepath.Glob(filepath.Join(users, "*", "username"))
	if err != nil {
		return source{}, err
	}
	found := source{base: string(text), passwords: map[string]string{}}
	for _, file := range names {
		name, err := os.ReadFile(file)
		if err != nil {
			return source{}, err
		}
		password, err := os.ReadFile(filepath.Join(filepath.Dir(file), "password"))
		if err != nil {
			return source{}, err
		}
		if len(name) == 0 || len(password) == 0 {
			return source{}, fmt.Errorf("%s: name or password is empty", filepath.Dir(file))
		}
		if _, twice := found.passwords[string(name)]; twice {
			return source{}, fmt.Errorf("%s: a second user %q", filepath.Dir(file), name)
		}
		found.passwords[string(name)] = string(password)
	}
	if len(found.passwords) == 0 {
		return source{}, errors.New(users + ": no users")
	}
	return found, nil
}

func (s source) equal(other source) bool {
	return s.base == other.base && maps.Equal(s.passwords, other.passwords)
}

func (s source) names() []string {
	return slices.Sorted(maps.Keys(s.passwords))
}

// write puts the configuration in place at once, never half of it: it is read for each request.
func (s source) write(path string) error {
	var text strings.Builder
	text.WriteString(strings.TrimRight(s.base, "\n") + "\nbasic_auth_users:\n")
	for _, name := range s.names() {
		hash, err := bcrypt.GenerateFromPassword([]byte(s.passwords[name]), bcrypt.DefaultCost)
		if err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		fmt.Fprintf(&text, "  %s: %s\n", strconv.Quote(name), strconv.Quote(string(hash)))
	}
	half := path + ".new"
	if err := os.WriteFile(half, []byte(text.String()), 0o640); err != nil {
		return err
	}
	return os.Rename(half, path)
}
