package postern

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// toldMax is how many prompts are remembered as told. The agent opens no more at once.
const toldMax = 24

// codeForm is the code of a prompt as every agent writes it. Anything else could redraw the terminal.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,16}$`)

// accountForm is the name of an account that a shell takes as it is, or between quotes. Another one is not repeated.
var accountForm = regexp.MustCompile(`^[A-Za-z0-9._@ -]+$`)

func unlockCommand(account string) string {
	switch {
	case !accountForm.MatchString(account):
		return "postern unlock"
	case strings.Contains(account, " "):
		return "postern --account '" + account + "' unlock"
	}
	return "postern --account " + account + " unlock"
}

// promptNotice says at the terminal that the program waits for a person, once for each prompt.
type promptNotice struct {
	mu   sync.Mutex
	told []string
	// unlockUntil is the end of the wait for an unlock that was told last.
	unlockUntil time.Time
}

func (n *promptNotice) tell(name, prompt, code string) {
	if !codeForm.MatchString(code) || !isTerminal(os.Stderr) || !n.isFirst(prompt) {
		return
	}
	fmt.Fprintf(os.Stderr, "%[1]s: waiting for your approval, code %[2]s\n  next: run `postern approve %[2]s` in another terminal\n", name, code)
}

// tellUnlock says that calls wait for an unlock of the account: once, until those calls have ended. An empty account means the
// default one.
func (n *promptNotice) tellUnlock(name, account string, expiresAt time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !isTerminal(os.Stderr) || time.Now().Before(n.unlockUntil) {
		return
	}
	n.unlockUntil = expiresAt
	command := unlockCommand(account)
	fmt.Fprintf(os.Stderr, "%s: waiting for your unlock\n  next: run `%s` in another terminal\n", name, command)
}

func (n *promptNotice) isFirst(prompt string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.Contains(n.told, prompt) {
		return false
	}
	if len(n.told) >= toldMax {
		n.told = n.told[1:]
	}
	n.told = append(n.told, prompt)
	return true
}

// isTerminal also takes other devices for a terminal, such as /dev/null, where the text does no harm.
func isTerminal(file *os.File) bool {
	found, err := file.Stat()
	return err == nil && found.Mode()&os.ModeCharDevice != 0
}
