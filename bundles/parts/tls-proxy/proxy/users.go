package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// user is who is let in; with paths, to these and what is below them alone.
type user struct {
	Name, Password string
	Paths          []string
}

// Each of these becomes a word of haproxy's configuration, and must stay one.
var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	plainWord = regexp.MustCompile(`^[A-Za-z0-9._~+=@-]{16,128}$`)
	plainPath = regexp.MustCompile(`^/[A-Za-z0-9/._-]{0,200}$`)
)

// users reads a file of lines NAME:PASSWORD or NAME:PASSWORD:/PATH,/PATH. An error tells no password.
func users(path string) ([]user, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []user
	known := map[string]bool{}
	for number, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		parts := strings.SplitN(line, ":", 3)
		if len(parts) < 2 || !plainName.MatchString(parts[0]) || known[parts[0]] {
			return nil, fmt.Errorf("%s:%d: must be NAME:PASSWORD, each name once", path, number+1)
		}
		if !plainWord.MatchString(parts[1]) {
			return nil, fmt.Errorf("%s:%d: a password has 16 to 128 letters, digits and ._~+=@-", path, number+1)
		}
		one := user{Name: parts[0], Password: parts[1]}
		if len(parts) == 3 {
			one.Paths = strings.Split(parts[2], ",")
		}
		for _, each := range one.Paths {
			if !plainPath.MatchString(each) || strings.Contains(each, "..") {
				return nil, fmt.Errorf("%s:%d: %q must be a path such as /api/", path, number+1, each)
			}
		}
		known[one.Name] = true
		found = append(found, one)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: nobody would be let in", path)
	}
	return found, nil
}
