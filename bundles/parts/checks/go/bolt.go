package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/fnv"
	"os"
	"syscall"
)

// What a snapshot was found to hold. Hash is the one that `etcdutl snapshot status` shows.
type contents struct {
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Revision int64  `json:"revision"`
	Records  int64  `json:"records"`
	Hash     string `json:"hash"`
}

// verified reads a whole snapshot: its sum, and every page of the tree that etcd keeps its keys in (bbolt's format).
func verified(path string) (contents, error) {
	file, err := os.Open(path)
	if err != nil {
		return contents{}, err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return contents{}, err
	}
	size := about.Size()
	if size%512 != sha256.Size || size < 4*1024 {
		return contents{}, fmt.Errorf("%d bytes are not a whole snapshot", size)
	}
	mapped, err := syscall.Mmap(int(file.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return contents{}, err
	}
	defer syscall.Munmap(mapped)
	data, sum := mapped[:size-sha256.Size], mapped[size-sha256.Size:]
	found := sha256.Sum256(data)
	if !bytes.Equal(found[:], sum) {
		return contents{}, errors.New("its bytes are not those that etcd sent: the SHA-256 at its end is another one")
	}
	tree := bolt{data: data, hash: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	if err := tree.read(); err != nil {
		return contents{}, err
	}
	if tree.revision == 0 {
		return contents{}, errors.New("there is no revision in it")
	}
	return contents{Bytes: size, SHA256: fmt.Sprintf("%x", found), Revision: tree.revision, Records: tree.records,
		Hash: fmt.Sprintf("%x", tree.hash.Sum32())}, nil
}

const (
	boltMagic   = 0xED0CDAED
	pageHeader  = 16
	element     = 16
	branchPage  = 1
	leafPage    = 2
	bucketLeaf  = 1
	deepestTree = 64
)

type bolt struct {
	data     []byte
	page     uint64 // bytes of one
	hash     hash.Hash32
	records  int64
	revision int64
}

// read walks from the newer one of the two roots that bbolt keeps.
func (b *bolt) read() error {
	root, newest, found := uint64(0), uint64(0), false
	for _, size := range []uint64{4096, 8192, 16384, 65536} {
		for at := range uint64(2) {
			meta, err := b.span(at*size+pageHeader, 64)
			if err != nil || binary.LittleEndian.Uint32(meta) != boltMagic || uint64(binary.LittleEndian.Uint32(meta[8:])) != size {
				continue
			}
			sum := fnv.New64a()
			sum.Write(meta[:56])
			if transaction := binary.LittleEndian.Uint64(meta[48:]); sum.Sum64() == binary.LittleEndian.Uint64(meta[56:]) && transaction >= newest {
				b.page, root, newest, found = size, binary.LittleEndian.Uint64(meta[16:]), transaction, true
			}
		}
	}
	if !found {
		return errors.New("it has no root whose sum is right")
	}
	return b.walk(root, 0, func(flags uint32, name, value []byte) error {
		if flags&bucketLeaf == 0 {
			return fmt.Errorf("%q is no bucket", name)
		}
		b.hash.Write(name)
		return b.bucket(string(name), value)
	})
}

// bucket reads all keys of a bucket: those of "key" begin with their revision.
func (b *bolt) bucket(name string, value []byte) error {
	each := func(_ uint32, key, value []byte) error {
		b.hash.Write(key)
		b.hash.Write(value)
		b.records++
		if name == "key" {
			if len(key) < 17 {
				return fmt.Errorf("key %x has no revision", key)
			}
			b.revision = int64(binary.BigEndian.Uint64(key))
		}
		return nil
	}
	if len(value) < pageHeader {
		return fmt.Errorf("bucket %q is cut off", name)
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return b.walk(root, 0, each)
	}
	return b.leaf(value[pageHeader:], each) // so small that it is within its parent
}

func (b *bolt) walk(id uint64, depth int, each func(uint32, []byte, []byte) error) error {
	head, err := b.span(id*b.page, pageHeader)
	if err != nil || depth > deepestTree {
		return fmt.Errorf("page %d: %w", id, errors.Join(err, errors.New("the tree leads out of the file, or round in it")))
	}
	if found := binary.LittleEndian.Uint64(head); found != id {
		return fmt.Errorf("page %d says that it is page %d", id, found)
	}
	whole, err := b.span(id*b.page, (1+uint64(binary.LittleEndian.Uint32(head[12:])))*b.page)
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	switch flags := binary.LittleEndian.Uint16(head[8:]); flags {
	case leafPage:
		return b.leaf(whole, each)
	case branchPage:
		for at := range int(binary.LittleEndian.Uint16(head[10:])) {
			entry, err := within(whole, uint64(pageHeader+at*element), element)
			if err != nil {
				return fmt.Errorf("page %d: %w", id, err)
			}
			if err := b.walk(binary.LittleEndian.Uint64(entry[8:]), depth+1, each); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("page %d is of kind %d", id, flags)
	}
}

func (b *bolt) leaf(page []byte, each func(uint32, []byte, []byte) error) error {
	head, err := within(page, 0, pageHeader)
	if err != nil {
		return err
	}
	for at := range int(binary.LittleEndian.Uint16(head[10:])) {
		start := uint64(pageHeader + at*element)
		entry, err := within(page, start, element)
		if err != nil {
			return err
		}
		place, key, value := binary.LittleEndian.Uint32(entry[4:]), binary.LittleEndian.Uint32(entry[8:]), binary.LittleEndian.Uint32(entry[12:])
		both, err := within(page, start+uint64(place), uint64(key)+uint64(value))
		if err != nil {
			return err
		}
		if err := each(binary.LittleEndian.Uint32(entry), both[:key], both[key:]); err != nil {
			return err
		}
	}
	return nil
}

func (b *bolt) span(start, length uint64) ([]byte, error) { return within(b.data, start, length) }

func within(data []byte, start, length uint64) ([]byte, error) {
	if end := uint64(len(data)); start > end || length > end-start {
		return nil, errors.New("something in it lies outside of it")
	}
	return data[start : start+length], nil
}
