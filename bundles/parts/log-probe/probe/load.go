package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// numbered is a good line of about 250 bytes, as programs of a site write them.
type numbered struct {
	Time    time.Time `json:"@timestamp"`
	Level   string    `json:"log.level"`
	Message string    `json:"message"`
	Run     string    `json:"probe.run"`
	Number  int       `json:"probe.number"`
}

// load prints lines 1 to `lines` of a run, `rate` a second, and waits until it is told to end: the log file of a pod that
// is gone goes with it, read or not.
func load(out io.Writer, run, lines, rate string) error {
	last, err := strconv.Atoi(lines)
	if err != nil {
		return fmt.Errorf("LINES: %w", err)
	}
	perSecond, err := strconv.Atoi(rate)
	if err != nil || perSecond < 1 {
		return fmt.Errorf("RATE: %q is no number of lines a second", rate)
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	if err := paced(out, run, last, perSecond); err != nil {
		return err
	}
	<-told
	return nil
}

// paced prints in steps of a tenth of a second; what was held up is made up for.
func paced(out io.Writer, run string, last, perSecond int) error {
	buffered := bufio.NewWriterSize(out, 1<<16)
	encoder := json.NewEncoder(buffered)
	begin := time.Now()
	for number := 1; number <= last; {
		for due := int(time.Since(begin).Seconds() * float64(perSecond)); number <= min(due, last); number++ {
			text := fmt.Sprintf("order %d was taken by the trial %s and is on its way to the customer, who has paid for it already", number, run)
			if err := encoder.Encode(numbered{time.Now().UTC(), "info", text, run, number}); err != nil {
				return err
			}
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}
