// The lower bound: a socket, a line that was encoded before, and nothing decoded.
package main

import (
	"bufio"
	"log"
	"net"
	"os"
	"strings"

	"project/figures"
)

func main() {
	conn, err := net.Dial("unix", os.Getenv("SOCKET"))
	demand(err)
	request := []byte(os.Getenv("LINE") + "\n")
	answers := bufio.NewReader(conn)
	send := func() {
		_, err := conn.Write(request)
		demand(err)
	}
	read := func() []byte {
		line, err := answers.ReadSlice('\n')
		demand(err)
		return line
	}
	send()
	if !strings.Contains(string(read()), `"result"`) {
		log.Fatal("the agent answered no result")
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
