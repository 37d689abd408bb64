package postern

import (
	"fmt"
	"os"
	"os/user"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf16"
)

// surroundings are the facts that the socket's path depends on. The rules are those of the agent, so both get the same path.
type surroundings struct {
	env      map[string]string
	platform string
	home     string
	uid      int
	sid      string
}

// DefaultSocket returns the socket at which the agent listens for this user, or the pipe on Windows.
func DefaultSocket() (string, error) { return surroundingsHere().socketPath() }

func surroundingsHere() surroundings {
	where := surroundings{env: map[string]string{}, platform: runtime.GOOS, uid: os.Getuid()}
	for _, name := range []string{"POSTERN_SOCKET", "POSTERN_HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"} {
		if value, ok := os.LookupEnv(name); ok {
			where.env[name] = value
		}
	}
	where.home, _ = os.UserHomeDir()
	if runtime.GOOS == "windows" {
		where.platform = "win32"
		if current, err := user.Current(); err == nil {
			where.sid = current.Uid
		}
	}
	return where
}

func (w surroundings) socketPath() (string, error) {
	if w.platform == "win32" {
		return w.pipeName()
	}
	path, isGiven, err := w.given("POSTERN_SOCKET")
	if err == nil && !isGiven {
		path, err = w.defaultSocket()
	}
	if err != nil {
		return "", err
	}
	limit := socketPathBytesDarwin
	if w.platform == "linux" {
		limit = socketPathBytesLinux
	}
	if len(path) > limit {
		return "", unusable("the socket's path is longer than the %d bytes this system allows; set POSTERN_SOCKET to a shorter one", limit)
	}
	return path, nil
}

func (w surroundings) defaultSocket() (string, error) {
	moved, isMoved, err := w.given("POSTERN_HOME")
	if err != nil {
		return "", err
	}
	if isMoved {
		return moved + underPosternHome, nil
	}
	if w.platform != "darwin" {
		if runtimeFolder := w.runtimeFolder(); runtimeFolder != "" {
			return runtimeFolder + underRuntime, nil
		}
	}
	if w.home == "" {
		return "", unusable("the home folder is not known; set HOME or POSTERN_SOCKET")
	}
	// Under the home folder. Under /tmp another user could make the folder first.
	if w.platform == "darwin" {
		return w.home + underHomeDarwin, nil
	}
	return w.home + underHome, nil
}

var folderOfUser = regexp.MustCompile(`^/run/user/(\d+)$`)

// runtimeFolder is empty where there is none. After `su` the variable still names the folder of the former user, which must not be used.
func (w surroundings) runtimeFolder() string {
	path := w.env["XDG_RUNTIME_DIR"]
	// The XDG base directory specification asks to ignore a relative path.
	if !w.isAbsolute(path) {
		return ""
	}
	path = withoutTrailingSlash(path)
	if owner := folderOfUser.FindStringSubmatch(path); owner != nil && owner[1] != strconv.Itoa(w.uid) {
		return ""
	}
	return path
}

func (w surroundings) pipeName() (string, error) {
	name, isGiven := w.env["POSTERN_SOCKET"]
	if !isGiven {
		var err error
		if name, err = w.defaultPipe(); err != nil {
			return "", err
		}
	}
	if !strings.HasPrefix(name, pipePrefix) {
		return "", unusable("POSTERN_SOCKET must name a pipe on Windows")
	}
	if len(utf16.Encode([]rune(name))) > pipeNameLength {
		return "", unusable("the pipe's name is longer than the %d characters Windows allows", pipeNameLength)
	}
	return name, nil
}

var securityID = regexp.MustCompile(`^S-1(-\d+)+$`)

func (w surroundings) defaultPipe() (string, error) {
	if !securityID.MatchString(w.sid) {
		return "", unusable("the user's security identifier is not known")
	}
	moved, isMoved, err := w.given("POSTERN_HOME")
	if err != nil || !isMoved {
		return ownPipe + w.sid, err
	}
	return ownPipe + w.sid + "-" + strings.Map(letterOrDash, moved), nil
}

func letterOrDash(char rune) rune {
	switch {
	case char >= 'a' && char <= 'z', char >= 'A' && char <= 'Z', char >= '0' && char <= '9':
		return char
	}
	return '-'
}

// given is Postern's own variable. A relative path is an error, since agent and client run in different folders. An empty one is an error
// too: the person meant another place, and would otherwise work on the real account.
func (w surroundings) given(variable string) (value string, isGiven bool, err error) {
	value, isGiven = w.env[variable]
	switch {
	case !isGiven:
		return "", false, nil
	case strings.TrimSpace(value) == "":
		return "", false, unusable("%s is set, and empty", variable)
	case !w.isAbsolute(value):
		return "", false, unusable("%s must be an absolute path", variable)
	case strings.Contains(value, "\x00"):
		return "", false, unusable("%s must not hold a zero byte", variable)
	}
	return withoutTrailingSlash(value), true, nil
}

var absoluteOnWindows = regexp.MustCompile(`^([A-Za-z]:)?[\\/]`)

func (w surroundings) isAbsolute(path string) bool {
	if w.platform == "win32" {
		return absoluteOnWindows.MatchString(path)
	}
	return strings.HasPrefix(path, "/")
}

func withoutTrailingSlash(path string) string {
	if len(path) <= 1 {
		return path
	}
	return strings.TrimRight(path, `\/`)
}

func unusable(format string, values ...any) error {
	return &UnusablePathError{fmt.Sprintf(format, values...)}
}
