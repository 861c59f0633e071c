package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// Order is one thing bought. Its id is the same on every back end; numbers follow the times at which orders were placed.
type Order struct {
	ID       string    `json:"id"`
	Number   int       `json:"number"`
	Product  string    `json:"product"`
	Quantity int       `json:"quantity"`
	Placed   time.Time `json:"placed"`
}

// Book keeps the orders: one JSON line each, on disk before it is confirmed.
type Book struct {
	mutex  sync.Mutex
	file   *os.File
	size   int64 // of the whole lines
	orders []Order
	known  map[string]bool // the ids of all orders
}

// openBook reads the orders placed so far; a last line that a crash cut short was never confirmed, and goes.
func openBook(path string) (*Book, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	book := &Book{file: file, known: map[string]bool{}}
	if err := book.load(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return book, nil
}

func (b *Book) load() error {
	reader := bufio.NewReader(b.file)
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return b.file.Truncate(b.size)
		}
		if err != nil {
			return err
		}
		var order Order
		if err := json.Unmarshal(bytes.TrimSpace(line), &order); err != nil {
			return fmt.Errorf("line %d: %w", len(b.orders)+1, err)
		}
		if order.ID == "" { // written before there was more than one back end
			order.ID = fmt.Sprintf("first-%d", order.Number)
		}
		b.insert(order)
		b.size += int64(len(line))
	}
}

// Place records an order; when it returns without error the order is on disk.
func (b *Book) Place(product string, quantity int, at time.Time) (Order, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	order := Order{ID: rand.Text(), Product: product, Quantity: quantity, Placed: at.UTC()}
	if err := b.write([]Order{order}); err != nil {
		return Order{}, err
	}
	for _, each := range b.orders {
		if each.ID == order.ID {
			order = each
		}
	}
	return order, nil
}

// Add records those orders that another back end has taken and that are not known here.
func (b *Book) Add(orders []Order) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	unknown := make([]Order, 0, len(orders))
	for _, order := range orders {
		if order.ID != "" && !b.known[order.ID] {
			unknown = append(unknown, order)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return b.write(unknown)
}

// write puts orders on disk and then into the book.
func (b *Book) write(orders []Order) error {
	var lines []byte
	for _, order := range orders {
		line, err := json.Marshal(order)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	// At its place, so that the remains of a write that failed are written over.
	if _, err := b.file.WriteAt(lines, b.size); err != nil {
		return err
	}
	if err := b.file.Sync(); err != nil {
		return err
	}
	b.size += int64(len(lines))
	for _, order := range orders {
		b.insert(order)
	}
	return nil
}

// insert puts an order where its time belongs, and numbers those that follow anew.
func (b *Book) insert(order Order) {
	if b.known[order.ID] {
		return
	}
	b.known[order.ID] = true
	at := len(b.orders)
	for at > 0 && later(b.orders[at-1], order) {
		at--
	}
	b.orders = slices.Insert(b.orders, at, order)
	for ; at < len(b.orders); at++ {
		b.orders[at].Number = at + 1
	}
}

func later(one, other Order) bool {
	if !one.Placed.Equal(other.Placed) {
		return one.Placed.After(other.Placed)
	}
	return one.ID > other.ID
}

// All gives every order, the oldest first.
func (b *Book) All() []Order {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.orders)
}

// Latest gives up to limit orders, the newest first.
func (b *Book) Latest(limit int) []Order {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	found := make([]Order, 0, limit)
	for at := len(b.orders) - 1; at >= 0 && len(found) < limit; at-- {
		found = append(found, b.orders[at])
	}
	return found
}

// Count is the number of orders.
func (b *Book) Count() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.orders)
}

// Check says whether the book can be written.
func (b *Book) Check() error { return b.file.Sync() }

// Close closes the book's file.
func (b *Book) Close() error { return b.file.Close() }
