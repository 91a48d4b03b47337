package controlplane

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A Certificate is a self-signed one for some names, as PEM.
type Certificate struct {
	Cert, Key []byte
}

// NewCertificate makes a certificate that holds for a day.
func NewCertificate(names ...string) (Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: names[0]},
		DNSNames:     names,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return Certificate{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Certificate{}, err
	}
	var c, k bytes.Buffer
	if err := pem.Encode(&c, &pem.Block{Type: "CERTIFICATE", Bytes: cert}); err != nil {
		return Certificate{}, err
	}
	if err := pem.Encode(&k, &pem.Block{Type: "PRIVATE KEY", Bytes: private}); err != nil {
		return Certificate{}, err
	}
	return Certificate{Cert: c.Bytes(), Key: k.Bytes()}, nil
}

var shared = sync.OnceValues(func() (Certificate, error) { return NewCertificate("example.com") })

// FillSecrets gives every Secret without data a certificate, its key and its authority.
func FillSecrets(objects []json.RawMessage) error {
	for i, text := range objects {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(text, &kind); err != nil {
			return err
		}
		if kind.Kind != "Secret" {
			continue
		}
		var secret corev1.Secret
		if err := json.Unmarshal(text, &secret); err != nil {
			return err
		}
		if len(secret.Data) > 0 {
			continue
		}
		certificate, err := shared()
		if err != nil {
			return err
		}
		secret.Data = map[string][]byte{"tls.crt": certificate.Cert, "tls.key": certificate.Key, "ca.crt": certificate.Cert}
		if objects[i], err = json.Marshal(secret); err != nil {
			return err
		}
	}
	return nil
}
