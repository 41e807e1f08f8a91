package io.streamsocial.http.auth;

import io.streamsocial.http.Access;
import io.streamsocial.http.Hash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The bearer tokens of clients, each with the right that it gives. Only their hashes are kept.
 * Immutable.
 *
 * <pre>
 *   # a comment
 *   read  3c0f...
 *   write 91ab...
 * </pre>
 */
public final class Tokens {
  static final int CHARS_MIN = 16;

  // What RFC 6750 allows in the header.
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*");
  private static final int CHARS_MAX = 1_000;

  private final List<Hashed> hashed;

  private Tokens(List<Hashed> hashed) {
    this.hashed = List.copyOf(hashed);
  }

  private static final class Hashed {
    private final Access access;
    private final byte[] hash;

    Hashed(Line line) {
      access = line.access();
      hash = Hash.sha256(line.token());
    }
  }

  /** One line of the file. */
  private record Line(Access access, String token) {}

  /**
   * @throws UnusableFileException naming the first wrong line by its number
   */
  public static Tokens parse(byte[] file) throws UnusableFileException {
    List<Hashed> hashed = new ArrayList<>();
    for (Line line : lines(file)) {
      hashed.add(new Hashed(line));
    }
    return new Tokens(hashed);
  }

  /** Any token of the file, for a command on the instance's own machine that asks the instance. */
  public static String any(byte[] file) throws UnusableFileException {
    return lines(file).get(0).token();
  }

  private static List<Line> lines(byte[] file) throws UnusableFileException {
    List<Line> lines = new ArrayList<>();
    String[] all = new String(file, StandardCharsets.UTF_8).split("\\R", -1);
    for (int i = 0; i < all.length; i++) {
      String text = all[i].strip();
      if (!text.isEmpty() && !text.startsWith("#")) {
        lines.add(line(text, i + 1));
      }
    }
    if (lines.isEmpty()) {
      throw new UnusableFileException(
          "it holds no token, so nobody could ask anything; write lines like 'read TOKEN'");
    }
    return lines;
  }

  private static Line line(String text, int number) throws UnusableFileException {
    String[] words = text.split("\\s+", -1);
    Optional<Access> access = words.length == 2 ? Access.ofToken(words[0]) : Optional.empty();
    if (access.isEmpty()) {
      throw new UnusableFileException(
          "line %d is not 'read TOKEN', 'write TOKEN' or 'admin TOKEN'".formatted(number));
    }
    String token = words[1];
    if (token.length() < CHARS_MIN
        || token.length() > CHARS_MAX
        || !TOKEN.matcher(token).matches()) {
      throw new UnusableFileException(
          "the token in line %d is not %d to %d of the characters a-z A-Z 0-9 . _ ~ + / -; 'openssl rand -hex 32' makes one"
              .formatted(number, CHARS_MIN, CHARS_MAX));
    }
    return new Line(access.get(), token);
  }

  /** The right that the token gives; empty when the token is unknown. Takes as long for either. */
  public Optional<Access> access(String token) {
    byte[] hash = Hash.sha256(token);
    Access found = null;
    for (Hashed each : hashed) {
      boolean isIt = MessageDigest.isEqual(each.hash, hash);
      if (isIt && (found == null || each.access.includes(found))) {
        found = each.access;
      }
    }
    return Optional.ofNullable(found);
  }
}
