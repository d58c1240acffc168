// Package main verifies the tokens of Athena Auth with Go's standard library.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	clockDifference = 30 * time.Second
	// Tokens with invented keys must not become requests to the server.
	betweenFetches = 10 * time.Second
	// A key that the operator has revoked is accepted no longer than this.
	refreshAfter = 5 * time.Minute
	mostKeySet   = 1 << 20
)

// Claims are what a token says of a session.
type Claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Session  string   `json:"sid"`
	Acr      string   `json:"acr"`
	Amr      []string `json:"amr"`
}

// Level returns the assurance level: 1 or 2, or 0 if the token does not say one.
func (claims Claims) Level() int {
	return map[string]int{"level-1": 1, "level-2": 2}[claims.Acr]
}

// FreshWithin tells whether a factor was verified this recently.
func (claims Claims) FreshWithin(limit time.Duration) bool {
	return time.Since(time.Unix(claims.AuthTime, 0)) <= limit
}

type key struct {
	algorithm string
	public    crypto.PublicKey
}

// Verifier verifies tokens. It fetches the key set when a token names a key that it does not know.
type Verifier struct {
	KeySet, Issuer, Audience string

	mutex       sync.Mutex
	keys        map[string]key
	fetchedAt   time.Time
	attemptedAt time.Time
}

// Verify returns the claims of a token, or why it is refused.
func (verifier *Verifier) Verify(token string) (Claims, error) {
	var header struct{ Alg, Kid string }
	var claims Claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || decode(parts[0], &header) != nil || decode(parts[1], &claims) != nil {
		return Claims{}, errors.New("this is no token")
	}
	key, err := verifier.find(header.Kid)
	if err != nil {
		return Claims{}, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	// The key says which algorithm it is for, and the token cannot choose another one (RFC 8725).
	if err != nil || header.Alg != key.algorithm || !key.signed([]byte(parts[0]+"."+parts[1]), signature) {
		return Claims{}, errors.New("the signature is wrong")
	}
	if err := verifier.check(claims, time.Now()); err != nil {
		return Claims{}, err
	}
	return claims, nil
}

func (verifier *Verifier) check(claims Claims, now time.Time) error {
	switch {
	case claims.Issuer != verifier.Issuer:
		return errors.New("another server issued it")
	case claims.Audience != verifier.Audience:
		return errors.New("it is for another service")
	case !time.Unix(claims.Expires, 0).After(now.Add(-clockDifference)):
		return errors.New("it has expired")
	case time.Unix(claims.IssuedAt, 0).After(now.Add(clockDifference)):
		return errors.New("it was issued in the future")
	}
	return nil
}

func (key key) signed(message, signature []byte) bool {
	switch public := key.public.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(public, message, signature)
	case *ecdsa.PublicKey:
		if len(signature) != 64 {
			return false
		}
		digest := sha256.Sum256(message)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(public, digest[:], r, s)
	}
	return false
}

func (verifier *Verifier) find(id string) (key, error) {
	verifier.mutex.Lock()
	defer verifier.mutex.Unlock()
	found, known := verifier.keys[id]
	isDue := !known || verifier.isStale()
	if isDue && time.Since(verifier.attemptedAt) > betweenFetches {
		verifier.attemptedAt = time.Now()
		if err := verifier.fetch(); err != nil {
			return key{}, err
		}
		found, known = verifier.keys[id]
	}
	if verifier.isStale() {
		return key{}, errors.New("the key set cannot be fetched")
	}
	if !known {
		return key{}, errors.New("its key is unknown")
	}
	return found, nil
}

func (verifier *Verifier) isStale() bool {
	return time.Since(verifier.fetchedAt) > refreshAfter
}

func (verifier *Verifier) fetch() error {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(verifier.KeySet)
	if err != nil {
		return fmt.Errorf("the key set cannot be fetched: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the key set cannot be fetched: %s", response.Status)
	}
	var set struct {
		Keys []struct{ Kid, Alg, Crv, X, Y string }
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, mostKeySet)).Decode(&set); err != nil {
		return fmt.Errorf("the key set cannot be read: %w", err)
	}
	keys := map[string]key{}
	for _, jwk := range set.Keys {
		x, _ := base64.RawURLEncoding.DecodeString(jwk.X)
		y, _ := base64.RawURLEncoding.DecodeString(jwk.Y)
		switch {
		case jwk.Alg == "EdDSA" && jwk.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize:
			keys[jwk.Kid] = key{jwk.Alg, ed25519.PublicKey(x)}
		case jwk.Alg == "ES256" && jwk.Crv == "P-256":
			public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
			if public.Curve.IsOnCurve(public.X, public.Y) {
				keys[jwk.Kid] = key{jwk.Alg, public}
			}
		}
	}
	verifier.keys, verifier.fetchedAt = keys, time.Now()
	return nil
}

func decode(part string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
