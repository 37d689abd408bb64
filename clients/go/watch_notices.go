package postern

import (
	"encoding/json"
	"sync"
)

// unknownMax is how many watches without an owner are remembered. The agent keeps as many watches of one program.
const unknownMax = 100

// watchNotices are the agent's notices about watched secrets, by the id of the watch. A notice may be read before the answer that brings the
// id has come to the call that waits for it.
type watchNotices struct {
	mu      sync.Mutex
	known   map[string]*told
	unknown []*told
}

// told is what was told of a watch. Many changes in a row are one change.
type told struct {
	id      string
	changed chan struct{}
	ended   chan string
}

func newWatchNotices() *watchNotices { return &watchNotices{known: map[string]*told{}} }

func newTold(id string) *told { return &told{id, make(chan struct{}, 1), make(chan string, 1)} }

func (n *watchNotices) heard(one Notification) {
	if one.Method != "secret.changed" && one.Method != "secret.ended" {
		return
	}
	var about struct{ Watch, Reason string }
	if json.Unmarshal(one.Params, &about) != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	to := n.find(about.Watch)
	if one.Method == "secret.changed" {
		offer(to.changed, struct{}{})
	} else {
		offer(to.ended, about.Reason)
	}
}

// offer does not wait: whoever reads will find that there is something.
func offer[T any](into chan T, value T) {
	select {
	case into <- value:
	default:
	}
}

// find returns the notices of a known watch, or remembers an unknown one. The caller holds the lock.
func (n *watchNotices) find(id string) *told {
	if one, isKnown := n.known[id]; isKnown {
		return one
	}
	for _, one := range n.unknown {
		if one.id == id {
			return one
		}
	}
	n.unknown = append(n.unknown, newTold(id))
	if len(n.unknown) > unknownMax {
		n.unknown = n.unknown[1:]
	}
	return n.unknown[len(n.unknown)-1]
}

// own returns the notices of a watch, also those that came before.
func (n *watchNotices) own(id string) *told {
	n.mu.Lock()
	defer n.mu.Unlock()
	for index, one := range n.unknown {
		if one.id == id {
			n.unknown = append(n.unknown[:index:index], n.unknown[index+1:]...)
			n.known[id] = one
			return one
		}
	}
	n.known[id] = newTold(id)
	return n.known[id]
}

func (n *watchNotices) forget(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.known, id)
}
