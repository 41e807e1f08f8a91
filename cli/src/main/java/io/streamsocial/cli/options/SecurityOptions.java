package io.streamsocial.cli.options;

import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.http.auth.AddressLimits;
import io.streamsocial.http.auth.Cors;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.auth.Tls;
import io.streamsocial.http.auth.Tokens;
import io.streamsocial.http.auth.UnusableFileException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** TLS, tokens and limits as options. The files are read again when they change. */
final class SecurityOptions {
  private static final AddressLimits DEFAULTS = AddressLimits.defaults();

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Serve HTTPS with this certificate, followed by its intermediate certificates, in PEM. Other instances are then queried over HTTPS, too.")
  @Nullable Path tlsCert;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Key of the certificate: PKCS#8 in PEM, not encrypted.")
  @Nullable Path tlsKey;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "Trust instances whose certificate one of these CAs has signed. Default: the JDK's own.")
  @Nullable Path tlsCa;

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      description =
          "Other instances must present a certificate that one of these CAs has signed; they present their --tls-cert. Clients need none.")
  @Nullable Path tlsClientCa;

  @Option(
      names = "--peer-secret-file",
      paramLabel = "FILE",
      description =
          "A secret of 16 bytes or more that all instances share: they query each other only with it.")
  @Nullable Path peerSecretFile;

  @Option(
      names = "--tokens-file",
      paramLabel = "FILE",
      description =
          "Lines 'read TOKEN', 'write TOKEN' or 'admin TOKEN': clients need one of them. write"
              + " includes read, admin both.")
  @Nullable Path tokensFile;

  @Option(
      names = "--insecure",
      description = "Listen on other addresses than loopback without tokens or peer secret.")
  boolean insecure;

  @Option(
      names = "--cors-origins",
      paramLabel = "ORIGIN",
      split = ",",
      description =
          "Origins whose pages may use the API, as https://a.example,https://b.example; * for all, which excludes tokens. Default: none.")
  List<String> corsOrigins = new ArrayList<>();

  @Option(
      names = "--allowed-hosts",
      paramLabel = "NAME",
      split = ",",
      description = "Answer only requests whose Host is one of these names. Default: any.")
  List<String> allowedHosts = new ArrayList<>();

  @Option(
      names = "--rate-limit",
      description =
          "Requests a second from one address, posts not counted; 0 for no limit. Loopback and"
              + " other instances have none.")
  int rateLimit = DEFAULTS.requestsPerSecond();

  @Option(
      names = "--post-rate-limit",
      description =
          "Requests to POST /api/posts a second from one address; 0 for no limit. Loopback has"
              + " none.")
  int postRateLimit = DEFAULTS.postsPerSecond();

  @Option(
      names = "--max-connections-per-address",
      description = "Open at once; 0 for no limit. Loopback has none.")
  int maxConnectionsPerAddress = DEFAULTS.connections();

  SecuritySettings build() {
    return new SecuritySettings(
        // Half a pair is reported as a problem, and nothing is started with it.
        tlsCert == null || tlsKey == null
            ? SecuritySettings.TlsFiles.NONE
            : new SecuritySettings.TlsFiles(tlsCert, tlsKey, tlsCa, tlsClientCa),
        tokensFile,
        peerSecretFile,
        corsOrigins.stream().map(each -> each.toLowerCase(Locale.ROOT)).toList(),
        allowedHosts,
        new AddressLimits(rateLimit, postRateLimit, maxConnectionsPerAddress, true),
        SecuritySettings.RELOAD_EVERY);
  }

  /**
   * All problems; empty when all is well.
   *
   * @param host to listen on
   * @param advertises whether an address is announced to other instances
   */
  List<String> problems(String host, boolean advertises) {
    List<String> problems = new ArrayList<>();
    together(problems);
    exposure(problems, host, advertises);
    origins(problems);
    rate(problems, "rate-limit", rateLimit);
    rate(problems, "post-rate-limit", postRateLimit);
    rate(problems, "max-connections-per-address", maxConnectionsPerAddress);
    problems.addAll(Security.problems(build()));
    return problems;
  }

  private void together(List<String> problems) {
    if ((tlsCert == null) != (tlsKey == null)) {
      problems.add("tls-cert and tls-key belong together: give both, or neither for plain HTTP");
    }
    if (tlsCert == null && (tlsCa != null || tlsClientCa != null)) {
      problems.add("tls-ca and tls-client-ca are for HTTPS: give tls-cert and tls-key, too");
    }
  }

  /** An instance must not be open to a network by accident. */
  private void exposure(List<String> problems, String host, boolean advertises) {
    if (insecure || isLoopback(host)) {
      return;
    }
    if (tokensFile == null) {
      problems.add(
          "host is %s, so everybody who reaches it could read and post: give --tokens-file FILE with lines like 'read TOKEN' and 'write TOKEN'; or --insecure, when the network keeps strangers out; or --host 127.0.0.1"
              .formatted(host));
    }
    if (advertises && peerSecretFile == null && tlsClientCa == null) {
      problems.add(
          "host is %s and other instances are told an address, so everybody who reaches it could ask as one: give --peer-secret-file FILE, the same for all, or --tls-client-ca FILE; or --insecure, when the network keeps strangers out"
              .formatted(host));
    }
  }

  /** True of an unknown name, too, which {@link ListenOptions#problems} reports. */
  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return true;
    }
  }

  private void origins(List<String> problems) {
    for (String origin : corsOrigins) {
      if (origin.equals(Cors.ANY)) {
        if (tokensFile != null) {
          problems.add(
              "cors-origins is *, but there are tokens: a page of anybody could use what a viewer's browser knows; list the origins");
        }
      } else if (!isOrigin(origin)) {
        problems.add(
            "cors-origins has '%s': write https://host or https://host:port".formatted(origin));
      }
    }
  }

  private static boolean isOrigin(String text) {
    try {
      URI uri = URI.create(text);
      boolean isWeb = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return isWeb && uri.getHost() != null && text.matches("[a-zA-Z]+://[^/?#@]+");
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void rate(List<String> problems, String key, int value) {
    if (value < 0 || value > 1_000_000) {
      problems.add("%s is %d: allowed is 0 (no limit) to 1000000".formatted(key, value));
    }
  }

  /** With tokens, instances need a proof of their own to answer each other. */
  boolean letsInstancesAskEachOther() {
    return tokensFile == null || peerSecretFile != null || tlsClientCa != null;
  }

  String scheme() {
    return tlsCert == null ? "http" : "https";
  }

  /** Asks the instance with these options on this machine. */
  ApiClient client(int port) throws IOException, UnusableFileException {
    String token = tokensFile == null ? "" : Tokens.any(Files.readAllBytes(tokensFile));
    return new ApiClient(
        "%s://localhost:%d".formatted(scheme(), port),
        token,
        tlsCa == null ? null : Tls.client(Files.readAllBytes(tlsCa)));
  }

  /** What the user should know about a start with these options; empty when there is nothing. */
  String warning(String host) {
    boolean isOpen = tokensFile == null || (peerSecretFile == null && tlsClientCa == null);
    return insecure && isOpen && !isLoopback(host)
        ? "insecure: everybody who reaches %s can %s; the network must keep strangers out"
            .formatted(
                host, tokensFile == null ? "read and post without a token" : "ask as an instance")
        : "";
  }
}
