package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// Reads tokens, one a line, and says of each whether it is accepted at level LEVEL, with a factor verified in the last
// FRESH seconds.
func main() {
	issuer, audience := os.Getenv("ISSUER"), os.Getenv("AUDIENCE")
	if audience == "" {
		audience = issuer
	}
	level, err := strconv.Atoi(os.Getenv("LEVEL"))
	if err != nil {
		level = 1
	}
	fresh, err := time.ParseDuration(os.Getenv("FRESH") + "s")
	if err != nil {
		fresh = math.MaxInt64
	}
	verifier := &Verifier{KeySet: os.Getenv("JWKS"), Issuer: issuer, Audience: audience}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		claims, err := verifier.Verify(lines.Text())
		switch {
		case err != nil:
			fmt.Printf("refused: %v\n", err)
		case claims.Level() < level:
			fmt.Println("refused: the level is too low")
		case !claims.FreshWithin(fresh):
			fmt.Println("refused: a factor was verified too long ago")
		default:
			fmt.Printf("accepted: %s %s %s\n", claims.Subject, claims.Acr, strings.Join(claims.Amr, ","))
		}
	}
}
