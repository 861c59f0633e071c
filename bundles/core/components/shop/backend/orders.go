package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Order is one thing bought.
type Order struct {
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
}

// openBook reads the orders placed so far; a last line that a crash cut short was never confirmed, and goes.
func openBook(path string) (*Book, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	book := &Book{file: file}
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
		b.orders = append(b.orders, order)
		b.size += int64(len(line))
	}
}

// Place records an order; when it returns without error the order is on disk.
func (b *Book) Place(product string, quantity int, at time.Time) (Order, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	order := Order{Number: len(b.orders) + 1, Product: product, Quantity: quantity, Placed: at.UTC()}
	line, err := json.Marshal(order)
	if err != nil {
		return Order{}, err
	}
	line = append(line, '\n')
	// At its place, so that the remains of a write that failed are written over.
	if _, err := b.file.WriteAt(line, b.size); err != nil {
		return Order{}, err
	}
	if err := b.file.Sync(); err != nil {
		return Order{}, err
	}
	b.orders = append(b.orders, order)
	b.size += int64(len(line))
	return order, nil
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
