package io.streamsocial.http.auth;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rights of callers, and the files that give them; it holds no secret itself.
 *
 * @param tokens clients' bearer tokens; null when every client may do all
 * @param peerSecret the secret that all instances share; null for none
 * @param corsOrigins pages of these may use the API; "*" for all
 * @param allowedHosts names that clients may call this server by; empty for any
 * @param reloadEvery how often the files are looked at
 */
public record SecuritySettings(
    TlsFiles tls,
    @Nullable Path tokens,
    @Nullable Path peerSecret,
    List<String> corsOrigins,
    List<String> allowedHosts,
    AddressLimits addresses,
    Duration reloadEvery) {
  public static final Duration RELOAD_EVERY = Duration.ofSeconds(2);

  /** Plain HTTP, and anybody may do all. */
  public static final SecuritySettings OPEN =
      new SecuritySettings(
          TlsFiles.NONE, null, null, List.of(), List.of(), AddressLimits.defaults(), RELOAD_EVERY);

  public SecuritySettings {
    corsOrigins = List.copyOf(corsOrigins);
    allowedHosts = List.copyOf(allowedHosts);
  }

  /**
   * PEM files.
   *
   * @param cert this server's chain; null for plain HTTP
   * @param key of it, PKCS#8
   * @param ca signs what other instances present; null for what the JDK trusts
   * @param clientCa signs what instances must present to this one; null when that is not asked for
   */
  public record TlsFiles(
      @Nullable Path cert, @Nullable Path key, @Nullable Path ca, @Nullable Path clientCa) {
    public static final TlsFiles NONE = new TlsFiles(null, null, null, null);
  }
}
