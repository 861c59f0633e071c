package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// Etcd speaks gRPC, which is HTTP/2 with five bytes before each message. Two calls of one service are all that is needed
// here, and no library for them: Status, which answers one message, and Snapshot, which answers many.
const maintenance = "/etcdserverpb.Maintenance/"

// largestMessage is more than etcd sends at once (32 KiB of a snapshot).
const largestMessage = 16 << 20

type etcd struct {
	endpoint string
	client   *http.Client
}

func etcdClient(rules EtcdRules) (etcd, error) {
	pair, err := tls.LoadX509KeyPair(rules.Certificate, rules.Key)
	if err != nil {
		return etcd{}, err
	}
	text, err := os.ReadFile(rules.Authority)
	if err != nil {
		return etcd{}, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return etcd{}, fmt.Errorf("%s holds no certificate", rules.Authority)
	}
	trust := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
	return etcd{rules.Endpoint, &http.Client{Transport: &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}}}, nil
}

// status is how many bytes the member's data take, and the newest revision in them.
func (e etcd) status(ctx context.Context) (bytes, revision int64, err error) {
	err = e.call(ctx, "Status", func(message []byte) error {
		return fields(message, func(number int, value uint64, within []byte) error {
			switch number {
			case 1:
				return fields(within, func(number int, value uint64, _ []byte) error {
					if number == 3 {
						revision = int64(value)
					}
					return nil
				})
			case 3:
				bytes = int64(value)
			}
			return nil
		})
	})
	return bytes, revision, err
}

// snapshot writes the member's whole data, and after them their SHA-256.
func (e etcd) snapshot(ctx context.Context, into io.Writer) error {
	left := uint64(1)
	err := e.call(ctx, "Snapshot", func(message []byte) error {
		left = 0
		return fields(message, func(number int, value uint64, within []byte) (err error) {
			switch number {
			case 2:
				left = value
			case 3:
				_, err = into.Write(within)
			}
			return err
		})
	})
	if err == nil && left > 0 {
		return fmt.Errorf("etcd ended the snapshot %d bytes early", left)
	}
	return err
}

// call sends an empty request, and hands on each message of the answer.
func (e etcd) call(ctx context.Context, method string, each func([]byte) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.endpoint+maintenance+method, bytes.NewReader(make([]byte, 5)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	answer, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answers %s", answer.Status)
	}
	if err := frames(answer.Body, each); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for _, header := range []http.Header{answer.Trailer, answer.Header} {
		switch code := header.Get("Grpc-Status"); code {
		case "0":
			return nil
		case "":
		default:
			return fmt.Errorf("etcd refuses %s: code %s, %s", method, code, header.Get("Grpc-Message"))
		}
	}
	return fmt.Errorf("%s broke off: etcd never said that it was done", method)
}

func frames(from io.Reader, each func([]byte) error) error {
	var head [5]byte
	for {
		if _, err := io.ReadFull(from, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		length := binary.BigEndian.Uint32(head[1:])
		if head[0] != 0 || length > largestMessage {
			return fmt.Errorf("a message that is compressed, or of %d bytes", length)
		}
		message := make([]byte, length)
		if _, err := io.ReadFull(from, message); err != nil {
			return err
		}
		if err := each(message); err != nil {
			return err
		}
	}
}

// fields reads a message of protocol buffers: of each field its number, and its value or its bytes.
func fields(message []byte, each func(number int, value uint64, within []byte) error) error {
	broken := errors.New("a message that is cut off or of another form")
	for len(message) > 0 {
		key, size := binary.Uvarint(message)
		if size <= 0 {
			return broken
		}
		message = message[size:]
		var value uint64
		var within []byte
		switch key & 7 {
		case 0, 2:
			if value, size = binary.Uvarint(message); size <= 0 {
				return broken
			}
			message = message[size:]
			if key&7 == 2 {
				if value > uint64(len(message)) {
					return broken
				}
				within, message = message[:value], message[value:]
			}
		case 1, 5:
			size := map[uint64]int{1: 8, 5: 4}[key&7]
			if len(message) < size {
				return broken
			}
			message = message[size:]
		default:
			return broken
		}
		if err := each(int(key>>3), value, within); err != nil {
			return err
		}
	}
	return nil
}
