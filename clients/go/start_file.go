package postern

import (
	"encoding/json"
	"strings"
)

// startWords are the words of the command in an agent's start file. The first is an absolute path. They are nil where the text is no such
// file.
func startWords(text []byte) []string {
	var file struct {
		Command []string `json:"command"`
	}
	if json.Unmarshal(text, &file) != nil || len(file.Command) == 0 || len(file.Command) > startWordsMax {
		return nil
	}
	for _, word := range file.Command {
		if strings.Contains(word, "\x00") {
			return nil
		}
	}
	if !strings.HasPrefix(file.Command[0], "/") {
		return nil
	}
	return file.Command
}

// dataFolder is the folder of the agent's data.
func (w surroundings) dataFolder() (string, error) {
	moved, isMoved, err := w.given("POSTERN_HOME")
	if err != nil {
		return "", err
	}
	if isMoved {
		return moved + dataUnderPosternHome, nil
	}
	if given := w.env["XDG_DATA_HOME"]; w.platform != "darwin" && w.isAbsolute(given) {
		return withoutTrailingSlash(given) + dataUnderDataHome, nil
	}
	if w.home == "" {
		return "", unusable("the home folder is not known; set HOME or POSTERN_HOME")
	}
	if w.platform == "darwin" {
		return w.home + dataUnderHomeDarwin, nil
	}
	return w.home + dataUnderHome, nil
}
