package io.streamsocial.http.auth;

import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.streamsocial.processor.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The certificates and secrets of one server, as the files hold them now. Its opener closes it; a
 * thread of its own looks at the files, any thread asks.
 */
public final class Security implements AutoCloseable {
  private final SecuritySettings settings;
  private final List<String> problems = new ArrayList<>();
  private final @Nullable Reloaded<Tokens> tokens;
  private final @Nullable Reloaded<PeerSecret> peerSecret;
  private final @Nullable Reloaded<Tls> tls;
  private final ScheduledExecutorService reloading =
      Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("secrets-reload", true));

  private Security(SecuritySettings settings) {
    this.settings = settings;
    tokens = open("tokens-file", settings.tokens(), Tokens::parse);
    peerSecret = open("peer-secret-file", settings.peerSecret(), PeerSecret::parse);
    tls = settings.tls().cert() == null ? null : openTls(settings.tls());
  }

  /**
   * @throws ConfigException with everything that is wrong with the files
   */
  public static Security open(SecuritySettings settings) {
    Security security = new Security(settings);
    if (!security.problems.isEmpty()) {
      security.close();
      throw new ConfigException(security.problems);
    }
    security.start();
    return security;
  }

  /** The problems of the files; empty when all can be used. */
  public static List<String> problems(SecuritySettings settings) {
    try (Security security = new Security(settings)) {
      return List.copyOf(security.problems);
    }
  }

  private <T> @Nullable Reloaded<T> open(String option, @Nullable Path file, OneLoader<T> loader) {
    if (file == null) {
      return null;
    }
    try {
      return Reloaded.open(option, List.of(file), contents -> loader.load(contents.get(0)));
    } catch (UnusableFileException e) {
      problems.add(String.valueOf(e.getMessage()));
      return null;
    }
  }

  @FunctionalInterface
  private interface OneLoader<T> {
    T load(byte[] content) throws UnusableFileException;
  }

  private @Nullable Reloaded<Tls> openTls(SecuritySettings.TlsFiles files) {
    try {
      return Tls.open(files);
    } catch (UnusableFileException e) {
      problems.add(String.valueOf(e.getMessage()));
      return null;
    }
  }

  private void start() {
    long everyMs = settings.reloadEvery().toMillis();
    Future<?> unused =
        reloading.scheduleWithFixedDelay(this::refresh, everyMs, everyMs, TimeUnit.MILLISECONDS);
  }

  private void refresh() {
    for (Reloaded<?> each : new Reloaded<?>[] {tokens, peerSecret, tls}) {
      if (each != null) {
        each.refresh();
      }
    }
  }

  /** Empty when anybody may do all. */
  public Optional<Tokens> tokens() {
    return tokens == null ? Optional.empty() : Optional.of(tokens.value());
  }

  /** Empty when instances share none. */
  public Optional<PeerSecret> peerSecret() {
    return peerSecret == null ? Optional.empty() : Optional.of(peerSecret.value());
  }

  /** Whether an instance must present a certificate. */
  public boolean asksCertificate() {
    return settings.tls().clientCa() != null;
  }

  /** Whether an instance must prove that it is one. */
  public boolean asksPeers() {
    return asksCertificate() || peerSecret != null;
  }

  public boolean isTls() {
    return tls != null;
  }

  /** For new connections of clients; empty for plain HTTP. */
  public Optional<SslContext> serverTls() {
    return tls == null ? Optional.empty() : Optional.of(tls.value().server());
  }

  /** For new connections to other instances; empty for plain HTTP. */
  public Optional<SSLContext> clientTls() {
    return tls == null ? Optional.empty() : Optional.of(tls.value().client());
  }

  @Override
  public void close() {
    reloading.shutdownNow();
  }
}
