// A bare socket program: a socket and the JSON of the standard library, as one would write it without a client.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"net"
	"os"

	"project/figures"
)

type request struct {
	Version string         `json:"jsonrpc"`
	ID      int            `json:"id"`
	Method  string         `json:"method"`
	Params  map[string]any `json:"params"`
}

type answer struct {
	ID     int `json:"id"`
	Result struct {
		Secret string `json:"secret"`
	} `json:"result"`
}

func main() {
	conn, err := net.Dial("unix", os.Getenv("SOCKET"))
	demand(err)
	var asked request
	demand(json.Unmarshal([]byte(os.Getenv("LINE")), &asked))
	answers := bufio.NewReader(conn)
	send := func() {
		asked.ID++
		line, err := json.Marshal(asked)
		demand(err)
		_, err = conn.Write(append(line, '\n'))
		demand(err)
	}
	read := func() string {
		line, err := answers.ReadSlice('\n')
		demand(err)
		var got answer
		demand(json.Unmarshal(line, &got))
		return got.Result.Secret
	}
	send()
	if read() == "" {
		log.Fatal("the secret is empty")
	}
	one := func() {
		send()
		read()
	}
	figures.Print(one, figures.Pipelined(send, func() { read() }))
}

func demand(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
