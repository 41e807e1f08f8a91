package io.streamsocial.http;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A CA of its own, and the PEM files of what it signs. */
final class TestCertificates {
  private final Path directory;
  private final X509Bundle root;

  TestCertificates(Path directory, String name) throws Exception {
    this.directory = Files.createDirectories(directory.resolve(name));
    root =
        new CertificateBuilder()
            .subject("CN=" + name)
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Files.writeString(ca(), root.getCertificatePEM());
  }

  Path ca() {
    return directory.resolve("ca.pem");
  }

  private Path cert() {
    return directory.resolve("cert.pem");
  }

  private Path key() {
    return directory.resolve("key.pem");
  }

  X509Bundle issue(String host, Instant end) throws Exception {
    return new CertificateBuilder()
        .subject("CN=" + host)
        .addSanDnsName(host)
        .notBefore(Instant.now().minus(Duration.ofDays(2)))
        .notAfter(end)
        .buildIssuedBy(root);
  }

  X509Bundle issue(String host) throws Exception {
    return issue(host, Instant.now().plus(Duration.ofDays(1)));
  }

  /** Where the files of this host's certificate are from now on; in place of the last. */
  SecuritySettings.TlsFiles write(X509Bundle bundle) throws IOException {
    Files.writeString(key(), bundle.getPrivateKeyPEM());
    Files.writeString(cert(), bundle.getCertificatePathPEM());
    return new SecuritySettings.TlsFiles(cert(), key(), ca(), null);
  }

  /** Only the certificate: what a reader sees between the two writes of a rotation. */
  void writeHalf(X509Bundle bundle) throws IOException {
    Files.writeString(cert(), bundle.getCertificatePathPEM());
  }

  /** The same, and whoever asks as an instance must have a certificate of this CA. */
  SecuritySettings.TlsFiles mutual(X509Bundle bundle) throws IOException {
    write(bundle);
    return new SecuritySettings.TlsFiles(cert(), key(), ca(), ca());
  }

  /** Of a client that trusts this CA. */
  SSLContext client(@Nullable X509Bundle presents) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    KeyManager[] keys = presents == null ? null : presents.toKeyManagerFactory().getKeyManagers();
    context.init(keys, root.toTrustManagerFactory().getTrustManagers(), null);
    return context;
  }
}
