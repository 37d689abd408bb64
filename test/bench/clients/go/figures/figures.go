// Package figures prints what a call takes.
package figures

import (
	"encoding/json"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// InFlight is how many calls are open at once, where many are.
const InFlight = 64

// Print measures calls, as many as the first argument says, and prints the figures. Without an argument it does nothing.
func Print(one func(), many func(count int)) {
	if len(os.Args) < 2 {
		return
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for range count {
		one()
	}
	times := make([]float64, count)
	for index := range times {
		before := time.Now()
		one()
		times[index] = microseconds(time.Since(before))
	}
	slices.Sort(times)
	before := time.Now()
	many(count)
	rate := float64(count) / time.Since(before).Seconds()
	figures := map[string]float64{"p50": times[count/2], "p99": times[count*99/100], "perSecond": rate}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		log.Fatal(err)
	}
}

func microseconds(passed time.Duration) float64 { return float64(passed.Nanoseconds()) / 1000 }

// Together makes the calls in as many goroutines as may be in flight.
func Together(one func()) func(count int) {
	return func(count int) {
		var group sync.WaitGroup
		for index := range InFlight {
			group.Go(func() {
				for range (count + index) / InFlight {
					one()
				}
			})
		}
		group.Wait()
	}
}

// Pipelined keeps InFlight calls open from one goroutine.
func Pipelined(send, read func()) func(count int) {
	return func(count int) {
		for range InFlight {
			send()
		}
		for range count - InFlight {
			read()
			send()
		}
		for range InFlight {
			read()
		}
	}
}
