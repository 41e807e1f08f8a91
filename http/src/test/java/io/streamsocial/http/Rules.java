package io.streamsocial.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes security settings for tests, with their files in one directory. */
final class Rules {
  static final String READ = "read-token-0123456789";
  static final String WRITE = "write-token-0123456789";
  static final String ADMIN = "admin-token-0123456789";
  static final String SECRET = "a secret of all instances";
  static final Duration SOON = Duration.ofMillis(20);

  private final Path directory;
  private SecuritySettings.TlsFiles tls = SecuritySettings.TlsFiles.NONE;
  private @Nullable Path tokens;
  private @Nullable Path secret;
  private List<String> origins = List.of();
  private List<String> hosts = List.of();
  private AddressLimits addresses = AddressLimits.defaults();

  Rules(Path directory) {
    this.directory = directory;
  }

  /** One token of each scope. */
  Rules tokens() {
    return tokens("# of tests", "read " + READ, "write " + WRITE, "admin " + ADMIN);
  }

  Rules tokens(String... lines) {
    tokens = write("tokens", String.join("\n", lines));
    return this;
  }

  Rules secret(String text) {
    secret = write("secret-" + Integer.toHexString(text.hashCode()), text + "\n");
    return this;
  }

  Rules tls(SecuritySettings.TlsFiles files) {
    tls = files;
    return this;
  }

  Rules origins(String... list) {
    origins = List.of(list);
    return this;
  }

  Rules hosts(String... list) {
    hosts = List.of(list);
    return this;
  }

  Rules addresses(AddressLimits limits) {
    addresses = limits;
    return this;
  }

  SecuritySettings build() {
    return new SecuritySettings(tls, tokens, secret, origins, hosts, addresses, SOON);
  }

  Path write(String name, String text) {
    try {
      return Files.writeString(directory.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String[] bearer(String token) {
    return new String[] {"Authorization", "Bearer " + token};
  }
}
