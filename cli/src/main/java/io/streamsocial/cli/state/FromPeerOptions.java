package io.streamsocial.cli.state;

import io.streamsocial.http.auth.AddressLimits;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.peers.NamedPeer;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The instance whose state is fetched, and what is shown to it, as options. */
final class FromPeerOptions {
  private static final long CONNECT_MS = 5_000;

  @Option(
      names = "--from-peer",
      paramLabel = "URL",
      description =
          "Fetch the state of partitions that have none here from the instance at http://HOST:PORT,"
              + " which must count or follow them, and read only the rest from the changelog. What"
              + " it cannot give is read from the changelog as without it.")
  @Nullable String fromPeer;

  @Option(
      names = "--peer-secret-file",
      paramLabel = "FILE",
      description = "With --from-peer: the secret that all instances share, if they have one.")
  @Nullable Path peerSecretFile;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "With --from-peer: the certificate that this instance shows, in PEM.")
  @Nullable Path tlsCert;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "With --from-peer: key of the certificate, PKCS#8 in PEM, not encrypted.")
  @Nullable Path tlsKey;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "With --from-peer: trust it when one of these CAs has signed its certificate. Default:"
              + " the JDK's own.")
  @Nullable Path tlsCa;

  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (fromPeer != null && !isAddress(fromPeer)) {
      problems.add("from-peer is '%s': write http://HOST:PORT".formatted(fromPeer));
    }
    if ((tlsCert == null) != (tlsKey == null)) {
      problems.add("tls-cert and tls-key belong together: give both, or neither");
    }
    if (tlsCa != null && tlsCert == null) {
      problems.add("tls-ca is for an instance that shows a certificate: give tls-cert and tls-key");
    }
    if (problems.isEmpty()) {
      problems.addAll(Security.problems(security()));
    }
    return problems;
  }

  private static boolean isAddress(String text) {
    return text.matches("https?://[^/?#@]+/?") && isUri(text);
  }

  private static boolean isUri(String text) {
    try {
      return URI.create(text).getHost() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private SecuritySettings security() {
    return new SecuritySettings(
        tlsCert == null || tlsKey == null
            ? SecuritySettings.TlsFiles.NONE
            : new SecuritySettings.TlsFiles(tlsCert, tlsKey, tlsCa, null),
        null,
        peerSecretFile,
        List.of(),
        List.of(),
        AddressLimits.defaults(),
        SecuritySettings.RELOAD_EVERY);
  }

  /** The instance; null when none is named. Its opener closes it. */
  @Nullable NamedPeer open(String appId) {
    if (fromPeer == null) {
      return null;
    }
    URI base = URI.create(fromPeer.endsWith("/") ? fromPeer : fromPeer + "/");
    return new NamedPeer(base, appId, CONNECT_MS, security());
  }
}
