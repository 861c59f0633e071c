package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// forms are how the day stands at the end of an index's name.
var forms = []string{"2006.01.02", "2006-01-02"}

// retain deletes the indices of the prefixes whose day is over for more days than are kept.
func (s store) retain(now time.Time, days int, prefixes []string) error {
	var found []struct {
		Index string `json:"index"`
	}
	path := "/_cat/indices?format=json&h=index&expand_wildcards=open,closed"
	if err := s.ask("admin", http.MethodGet, path, nil, http.StatusOK, &found); err != nil {
		return err
	}
	gone := []string{}
	for _, each := range found {
		if !over(each.Index, now, days, prefixes) {
			continue
		}
		if err := s.ask("admin", http.MethodDelete, "/"+each.Index, nil, http.StatusOK, nil); err != nil {
			return err
		}
		gone = append(gone, each.Index)
	}
	told, err := json.Marshal(gone)
	if err != nil {
		return err
	}
	fmt.Printf("{\"log.level\":\"INFO\",\"message\":\"%d indices deleted, older than %d days\",\"labels\":{\"indices\":%s}}\n",
		len(gone), days, told)
	return nil
}

// over tells whether an index is one of the prefixes' and its day is further back than is kept; one without a day never is.
func over(index string, now time.Time, days int, prefixes []string) bool {
	if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(index, prefix) }) {
		return false
	}
	for _, form := range forms {
		if len(index) <= len(form) {
			continue
		}
		if day, err := time.Parse(form, index[len(index)-len(form):]); err == nil {
			return now.Sub(day.AddDate(0, 0, 1)) >= time.Duration(days)*24*time.Hour
		}
	}
	return false
}
