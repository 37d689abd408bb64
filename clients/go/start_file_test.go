package postern

import (
	"errors"
	"strings"
	"testing"
)

func TestTheDataFolderIsTheAgents(t *testing.T) {
	for _, one := range []struct {
		platform, variable, value, want string
	}{
		{"linux", "", "", "/home/ada/.local/share/postern"},
		{"linux", "XDG_DATA_HOME", "/data/", "/data/postern"},
		{"linux", "XDG_DATA_HOME", "relative", "/home/ada/.local/share/postern"},
		{"darwin", "XDG_DATA_HOME", "/data", "/home/ada/Library/Application Support/postern"},
		{"linux", "POSTERN_HOME", "/srv/p/", "/srv/p/data"},
		{"linux", "POSTERN_HOME", "relative", ""},
		{"linux", "POSTERN_HOME", "", ""},
	} {
		where := surroundings{map[string]string{}, one.platform, "/home/ada", 7, ""}
		if one.variable != "" {
			where.env[one.variable] = one.value
		}
		got, err := where.dataFolder()
		_, isUnusable := errors.AsType[*UnusablePathError](err)
		if got != one.want || isUnusable != (one.want == "") {
			t.Errorf("%+v: got %q, %v", one, got, err)
		}
	}
}

func TestACommandHasAnAbsoluteProgramAndFewWords(t *testing.T) {
	words := func(count int) string { return `{"command":["/bin/a"` + strings.Repeat(`,"b"`, count-1) + "]}" }
	for text, want := range map[string]int{
		words(1): 1, words(startWordsMax): startWordsMax, words(startWordsMax + 1): 0, `{"command":[]}`: 0, `{"command":["a"]}`: 0,
		`{"command":["/bin/a",1]}`: 0, `{"command":["/bin/a\u0000"]}`: 0, `{"command":"/bin/a"}`: 0, "null": 0, "[]": 0, "s3cret": 0, "": 0,
	} {
		if got := startWords([]byte(text)); len(got) != want {
			t.Errorf("%q: got %d words", text, len(got))
		}
	}
}
