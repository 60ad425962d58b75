// Speaks v3io as Nuclio does, with v3io's own Go client: a member of a consumer group, or a writer of records.
//
//	consumer_group consume -url http://127.0.0.1:8081 -container projects -stream /a/b -group score
//	consumer_group put     -url http://127.0.0.1:8081 -container projects -stream /a/b <records.jsonl
//
// What happens is printed as it happens, an event a line: {"event": "record", "shard": 0, "sequence": 1, …}.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"

	nucliozap "github.com/nuclio/zap"
	v3io "github.com/v3io/v3io-go/pkg/dataplane"
	v3iohttp "github.com/v3io/v3io-go/pkg/dataplane/http"
)

// Event is what is printed; bytes are base64 in it.
type Event map[string]interface{}

var printing sync.Mutex

func emit(event Event) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(line))
}

// Endpoint is what both commands are told.
type Endpoint struct {
	url, accessKey, container, stream string
}

func (e *Endpoint) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&e.url, "url", "", "the web API, such as http://127.0.0.1:8081")
	flags.StringVar(&e.accessKey, "access-key", "", "sent as X-v3io-session-key")
	flags.StringVar(&e.container, "container", "projects", "the container of the stream")
	flags.StringVar(&e.stream, "stream", "", "the path of the stream in its container")
}

// connect returns the container; problems of the client are logged to standard error.
func (e *Endpoint) connect() (v3io.Container, *nucliozap.NuclioZap, error) {
	logger, err := nucliozap.NewNuclioZapCmd("client", nucliozap.InfoLevel, os.Stderr)
	if err != nil {
		return nil, nil, err
	}
	context, err := v3iohttp.NewContext(logger, &v3iohttp.NewContextInput{})
	if err != nil {
		return nil, nil, err
	}
	session, err := context.NewSession(&v3io.NewSessionInput{URL: e.url, AccessKey: e.accessKey})
	if err != nil {
		return nil, nil, err
	}
	container, err := session.NewContainer(&v3io.NewContainerInput{ContainerName: e.container})
	return container, logger, err
}

func main() {
	commands := map[string]func([]string) error{"consume": consume, "put": put}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: consumer_group consume|put -url URL -stream PATH …")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %+v\n", os.Args[1], err)
		os.Exit(1)
	}
}
