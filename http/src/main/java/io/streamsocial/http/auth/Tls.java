package io.streamsocial.http.auth;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Both sides of TLS of one instance: its certificate and the authorities it trusts, from PEM files.
 * Immutable.
 *
 * @param server for connections of clients
 * @param client for connecting to other instances: presents the same certificate
 */
public record Tls(SslContext server, SSLContext client) {
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  /**
   * @param files with certificate and key
   */
  static Reloaded<Tls> open(SecuritySettings.TlsFiles files) throws UnusableFileException {
    List<Path> all = new ArrayList<>();
    StringBuilder options = new StringBuilder("tls-cert, tls-key");
    all.add(present(files.cert()));
    all.add(present(files.key()));
    boolean hasCa = files.ca() != null;
    if (files.ca() != null) {
      all.add(files.ca());
      options.append(", tls-ca");
    }
    if (files.clientCa() != null) {
      all.add(files.clientCa());
      options.append(", tls-client-ca");
    }
    boolean hasClientCa = files.clientCa() != null;
    return Reloaded.open(
        options.toString(),
        all,
        contents ->
            build(
                contents.get(0),
                contents.get(1),
                hasCa ? contents.get(2) : null,
                hasClientCa ? contents.get(contents.size() - 1) : null));
  }

  private static Path present(@Nullable Path path) {
    if (path == null) {
      throw new IllegalArgumentException("TLS needs both certificate and key");
    }
    return path;
  }

  private static Tls build(
      byte[] cert, byte[] key, byte @Nullable [] ca, byte @Nullable [] clientCa)
      throws UnusableFileException {
    List<X509Certificate> chain = certificates(cert, "tls-cert");
    requirePair(chain.get(0), privateKey(key));
    requireValid(chain.get(0));
    try {
      SslContextBuilder server =
          SslContextBuilder.forServer(in(cert), in(key))
              .sslProvider(SslProvider.JDK)
              .protocols(PROTOCOLS);
      if (clientCa != null) {
        // Asked for, not required: browsers have none, and only some paths need one.
        server.trustManager(array(certificates(clientCa, "tls-client-ca")));
        server.clientAuth(ClientAuth.OPTIONAL);
      }
      SslContextBuilder client = SslContextBuilder.forClient().keyManager(in(cert), in(key));
      return new Tls(server.build(), clientContext(client, ca));
    } catch (SSLException | IllegalArgumentException e) {
      throw new UnusableFileException("cannot be used for TLS: " + e.getMessage());
    }
  }

  /** For a client that presents no certificate of its own. */
  public static SSLContext client(byte[] ca) throws UnusableFileException {
    try {
      return clientContext(SslContextBuilder.forClient(), ca);
    } catch (SSLException e) {
      throw new UnusableFileException("cannot be used for TLS: " + e.getMessage());
    }
  }

  private static SSLContext clientContext(SslContextBuilder builder, byte @Nullable [] ca)
      throws SSLException, UnusableFileException {
    builder.sslProvider(SslProvider.JDK).protocols(PROTOCOLS);
    if (ca != null) {
      builder.trustManager(array(certificates(ca, "tls-ca")));
    }
    return ((JdkSslContext) builder.build()).context();
  }

  private static X509Certificate[] array(List<X509Certificate> certificates) {
    return certificates.toArray(new X509Certificate[0]);
  }

  private static InputStream in(byte[] bytes) {
    return new ByteArrayInputStream(bytes);
  }

  private static List<X509Certificate> certificates(byte[] pem, String option)
      throws UnusableFileException {
    List<X509Certificate> all = new ArrayList<>();
    try {
      for (var each : CertificateFactory.getInstance("X.509").generateCertificates(in(pem))) {
        all.add((X509Certificate) each);
      }
    } catch (GeneralSecurityException e) {
      throw new UnusableFileException(option + " holds no certificates that can be read");
    }
    if (all.isEmpty()) {
      throw new UnusableFileException(option + " holds no certificate in PEM");
    }
    return all;
  }

  private static PrivateKey privateKey(byte[] pem) throws UnusableFileException {
    Matcher matcher = KEY.matcher(new String(pem, StandardCharsets.US_ASCII));
    if (!matcher.find()) {
      throw new UnusableFileException(
          "tls-key holds no unencrypted PKCS#8 key ('BEGIN PRIVATE KEY'); 'openssl pkcs8 -topk8 -nocrypt' makes one of another form");
    }
    byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (GeneralSecurityException e) {
        // Perhaps of the next kind.
      }
    }
    throw new UnusableFileException("tls-key is not of RSA, EC or Ed25519");
  }

  /** The JDK would find out at the first handshake only, when a rotation is half done. */
  private static void requirePair(X509Certificate certificate, PrivateKey key)
      throws UnusableFileException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "EdDSA";
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROTOCOLS[0].getBytes(StandardCharsets.US_ASCII));
      byte[] signed = signature.sign();
      signature.initVerify(certificate);
      signature.update(PROTOCOLS[0].getBytes(StandardCharsets.US_ASCII));
      if (signature.verify(signed)) {
        return;
      }
    } catch (GeneralSecurityException e) {
      // A key of another kind than the certificate's.
    }
    throw new UnusableFileException("tls-key is not the key of the certificate in tls-cert");
  }

  private static void requireValid(X509Certificate certificate) throws UnusableFileException {
    Instant end = certificate.getNotAfter().toInstant();
    if (end.isBefore(Instant.now())) {
      throw new UnusableFileException("the certificate in tls-cert ended at " + end);
    }
  }
}
