// Command gateway-trial proves what a gateway does. `gateway-trial serve` answers in two pods behind a route of the
// gateway; `gateway-trial limited | guarded | unnoticed`, run in one of them, asks in front of it as a client would.
package main

import (
	"fmt"
	"os"
)

func main() {
	var said string
	var err error
	switch words := os.Args[1:]; {
	case len(words) == 1 && words[0] == "serve":
		err = serve(os.Getenv("TOKEN_FILE"))
	case len(words) == 1 && proofs[words[0]] != nil:
		var asking *client
		if asking, err = clientOf(os.Getenv); err == nil {
			said, err = proofs[words[0]](asking)
		}
	default:
		err = fmt.Errorf("say `serve`, `limited`, `guarded` or `unnoticed`")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gateway-trial: "+err.Error())
		os.Exit(1)
	}
	fmt.Println(said)
}

// proofs are the trials by name; each says in one line what it saw, or what is not as it should be.
var proofs = map[string]func(*client) (string, error){"limited": limited, "guarded": guarded, "unnoticed": unnoticed}
