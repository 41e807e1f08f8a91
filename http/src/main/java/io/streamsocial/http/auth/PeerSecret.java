package io.streamsocial.http.auth;

import io.streamsocial.http.Hash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;

/** The secret that only instances of the application know. Immutable; never printed. */
public final class PeerSecret {
  public static final String HEADER = "Peer-Secret";
  static final int BYTES_MIN = 16;
  private static final int BYTES_MAX = 1_024;

  private final String header;
  private final byte[] hash;

  private PeerSecret(byte[] secret) {
    header = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    hash = Hash.sha256(header);
  }

  /** White space around it does not count, as editors end a file with a line break. */
  public static PeerSecret parse(byte[] file) throws UnusableFileException {
    String text = new String(file, StandardCharsets.ISO_8859_1).strip();
    byte[] secret = text.getBytes(StandardCharsets.ISO_8859_1);
    if (secret.length < BYTES_MIN || secret.length > BYTES_MAX) {
      throw new UnusableFileException(
          "it holds %d bytes, allowed are %d to %d; 'openssl rand -hex 32' makes a secret"
              .formatted(secret.length, BYTES_MIN, BYTES_MAX));
    }
    return new PeerSecret(secret);
  }

  /** The value of the header that an instance sends to others. */
  public String header() {
    return header;
  }

  /** Takes as long whether it is right or wrong. */
  public boolean matches(String given) {
    return MessageDigest.isEqual(hash, Hash.sha256(given));
  }

  @Override
  public String toString() {
    return "PeerSecret[masked]";
  }
}
