package postern

import (
	"context"
	"io"
)

// turnBytesMax is how many bytes of waiting lines leave in one write: as many as a socket takes.
const turnBytesMax = 64 << 10

// outbox writes lines to a connection. A caller writes its line itself where the socket takes it at once. That saves a change of
// goroutine, which costs more than the write. Otherwise a goroutine writes it, so that a call can end while the agent does not read.
type outbox struct {
	conn io.Writer
	// now writes what the socket takes at once, and returns how many bytes that were. It is nil where there is no such way.
	now func([]byte) int
	// turn holds a value while somebody writes.
	turn chan struct{}
	// rest is what is left of a caller's line. The turn comes with it.
	rest chan []byte
	// lines wait to be written.
	lines chan []byte
	// ended is closed with the connection.
	ended <-chan struct{}
}

func newOutbox(conn io.Writer, ended <-chan struct{}) *outbox {
	return &outbox{
		conn:  conn,
		now:   writesNow(conn),
		turn:  make(chan struct{}, 1),
		rest:  make(chan []byte, 1),
		lines: make(chan []byte, inFlightMax),
		ended: ended,
	}
}

// send writes a line with its end, or leaves it to be written. It returns false where the context or the connection ended before.
func (o *outbox) send(ctx context.Context, line []byte) bool {
	line = append(line, '\n')
	if o.sendNow(line) {
		return true
	}
	select {
	case o.lines <- line:
		return true
	case <-ctx.Done():
	case <-o.ended:
	}
	return false
}

func (o *outbox) sendNow(line []byte) bool {
	if o.now == nil {
		return false
	}
	select {
	case o.turn <- struct{}{}:
	default:
		return false
	}
	if written := o.now(line); written < len(line) {
		o.rest <- line[written:]
		return true
	}
	<-o.turn
	return true
}

// leave leaves a line to be written after the others. Where too many wait, it is dropped.
func (o *outbox) leave(line []byte) {
	select {
	case o.lines <- append(line, '\n'):
	default:
	}
}

// run writes what the callers leave, until the connection ends.
func (o *outbox) run() error {
	for {
		var err error
		select {
		case rest := <-o.rest:
			_, err = o.conn.Write(rest)
		case line := <-o.lines:
			var isOurs bool
			if isOurs, err = o.takeTurn(); !isOurs {
				return err
			}
			_, err = o.conn.Write(o.joined(line))
		case <-o.ended:
			return nil
		}
		if err != nil {
			return err
		}
		<-o.turn
	}
}

// takeTurn also takes it from a caller who left the rest of a line. That rest comes first. It returns false where the connection ended.
func (o *outbox) takeTurn() (bool, error) {
	select {
	case o.turn <- struct{}{}:
		return true, nil
	case rest := <-o.rest:
		_, err := o.conn.Write(rest)
		return err == nil, err
	case <-o.ended:
		return false, nil
	}
}

// joined adds the lines that wait already, up to turnBytesMax.
func (o *outbox) joined(line []byte) []byte {
	for len(line) < turnBytesMax {
		select {
		case next := <-o.lines:
			line = append(line, next...)
		default:
			return line
		}
	}
	return line
}
