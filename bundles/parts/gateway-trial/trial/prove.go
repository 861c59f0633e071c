package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// allowed is how many requests a minute the limited route takes of one caller.
	allowed = 5
	// callers ask at the same time while a back end dies.
	callers = 4
	// calls are made by each of them: some before the death, most after it.
	calls = 60
	// dying is after how many calls of the first caller the back end dies.
	dying = 15
	// seen is how often it is asked until both back ends have answered.
	seen = 200
)

// limited asks once more than is allowed within a minute: all pass but the last.
func limited(c *client) (string, error) {
	for at := 1; at <= allowed; at++ {
		if status, _, err := c.ask("/limited", ""); err != nil || status != http.StatusOK {
			return "", fmt.Errorf("request %d of %d within a minute: %s", at, allowed, told(status, err))
		}
	}
	status, _, err := c.ask("/limited", "")
	if err != nil || status != http.StatusTooManyRequests {
		return "", fmt.Errorf("request %d within a minute: %s, not 429", allowed+1, told(status, err))
	}
	return fmt.Sprintf("proved: %d requests within a minute are answered, the next is refused with 429", allowed), nil
}

// guarded asks as nobody, with a token that is none, and with the right one.
func guarded(c *client) (string, error) {
	for _, each := range []struct {
		who, token string
		wanted     int
	}{
		{"nobody", "", http.StatusUnauthorized},
		{"a wrong token", c.run, http.StatusUnauthorized},
		{"the token", c.token, http.StatusOK},
	} {
		if status, _, err := c.ask("/guarded", each.token); err != nil || status != each.wanted {
			return "", fmt.Errorf("%s: %s, not %d", each.who, told(status, err), each.wanted)
		}
	}
	return "proved: 401 for nobody and for a wrong token, 200 for the right one", nil
}

// unnoticed kills one of two back ends under load: not one caller is told, while without the gateway's care some are.
func unnoticed(c *client) (said string, err error) {
	if err := c.bothAnswer(); err != nil {
		return "", err
	}
	defer func() {
		if again := c.order("live"); err == nil {
			err = again
		}
	}()
	answered, failed, err := c.load("/steady", func() error { return c.order("die") })
	if err != nil {
		return "", err
	}
	if len(failed) > 0 {
		return "", fmt.Errorf("%d of %d calls failed when a back end died; the first: %s", len(failed), callers*calls, failed[0])
	}
	_, bare, err := c.load("/bare", nil)
	if err != nil {
		return "", err
	}
	if len(bare) == 0 {
		return "", fmt.Errorf("no call failed without retries either: the back end is not dead, and nothing is proved")
	}
	return fmt.Sprintf("proved: a back end died under %d calls and none failed (%s); without retries %d of %d do",
		callers*calls, counts(answered), len(bare), callers*calls), nil
}

// bothAnswer asks until two back ends have answered.
func (c *client) bothAnswer() error {
	names := map[string]bool{}
	for range seen {
		status, name, err := c.ask("/steady", "")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("before anything died: %s", told(status, err))
		}
		if names[name] = true; len(names) > 1 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("all of %d calls were answered by %s: there is no second back end", seen, strings.Join(slices.Collect(maps.Keys(names)), ""))
}

// load has all callers ask at once; the first of them does `between` on its way. It counts answers by who gave them.
func (c *client) load(path string, between func() error) (map[string]int, []string, error) {
	answered, failed := map[string]int{}, []string{}
	var broken error
	var guard sync.Mutex
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for at := range calls {
				if caller == 0 && at == dying && between != nil {
					if err := between(); err != nil {
						guard.Lock()
						broken = err
						guard.Unlock()
					}
				}
				status, name, err := c.ask(path, "")
				guard.Lock()
				if err != nil || status != http.StatusOK {
					failed = append(failed, told(status, err))
				} else {
					answered[name]++
				}
				guard.Unlock()
			}
		})
	}
	group.Wait()
	return answered, failed, broken
}

// counts says how often each answered, the most often first.
func counts(answered map[string]int) string {
	found := slices.Sorted(maps.Values(answered))
	slices.Reverse(found)
	texts := make([]string, len(found))
	for at, each := range found {
		texts[at] = fmt.Sprint(each)
	}
	return strings.Join(texts, " and ") + " answers"
}

func told(status int, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("status %d", status)
}
