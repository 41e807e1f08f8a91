package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.EngineConfig;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.apache.kafka.common.utils.Utils;

/**
 * Checks that the brokers' port speaks the configured protocol, by a request in that protocol.
 * Kafka's clients do not notice the wrong one: they try again until they time out, and a client
 * without TLS reads the answer of a TLS port as the length of a message of several hundred
 * megabytes.
 */
final class PortProbe {
  private static final int CONNECT_MS = 3_000;
  private static final int ANSWER_MS = 3_000;
  private static final int ANSWER_BYTES_MAX = 1 << 20;
  private static final int TLS_ALERT = 0x15;
  private static final int TLS_MAJOR = 0x03;

  // ApiVersions, version 0, correlation id 1, no client id: brokers answer it without a login.
  private static final byte[] QUESTION =
      ByteBuffer.allocate(14)
          .putInt(10)
          .putShort((short) 18)
          .putShort((short) 0)
          .putInt(1)
          .putShort((short) -1)
          .array();

  private enum PortReply {
    PLAIN,
    TLS,
    NONE
  }

  private PortProbe() {}

  /**
   * Called before the first client is made, which reports servers that do not answer.
   *
   * @throws AccessException when the port wants TLS and the configuration does not, or the other
   *     way round
   */
  static void require(EngineConfig config) {
    boolean tls = protocol(config).endsWith("SSL");
    for (String server : config.brokers().bootstrap().split(",", -1)) {
      String host = Utils.getHost(server.trim());
      Integer port = Utils.getPort(server.trim());
      if (host == null || port == null) {
        continue;
      }
      InetSocketAddress address = new InetSocketAddress(host, port);
      if (tls && shakesHands(address)) {
        return;
      }
      PortReply answer = ask(address);
      if (answer == (tls ? PortReply.PLAIN : PortReply.TLS)) {
        throw new AccessException(mismatch(config, tls));
      }
      if (answer != PortReply.NONE) {
        return;
      }
    }
  }

  private static String mismatch(EngineConfig config, boolean tls) {
    return (tls
            ? "the brokers at %s speak no TLS, and security.protocol is %s: set kafka.security.protocol to PLAINTEXT, or to SASL_PLAINTEXT when they want a login, or name a port with TLS in --bootstrap"
            : "the brokers at %s want TLS, and security.protocol is %s: set kafka.security.protocol to SSL, or to SASL_SSL when they want a login too, or name a port without TLS in --bootstrap")
        .formatted(config.brokers().bootstrap(), protocol(config));
  }

  private static String protocol(EngineConfig config) {
    return config
        .brokers()
        .kafka()
        .getOrDefault("security.protocol", "PLAINTEXT")
        .toUpperCase(Locale.ROOT);
  }

  /**
   * Whether the port presents a certificate. Any will do: nothing is sent, and the client checks it
   * later.
   */
  private static boolean shakesHands(InetSocketAddress address) {
    try (Socket plain = new Socket()) {
      plain.connect(address, CONNECT_MS);
      plain.setSoTimeout(ANSWER_MS);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyCertificate()}, null);
      try (SSLSocket socket =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(plain, address.getHostString(), address.getPort(), true)) {
        socket.startHandshake();
        return true;
      }
    } catch (IOException e) {
      return false;
    } catch (GeneralSecurityException e) {
      return true; // this JVM has no TLS; the client will report why
    }
  }

  private static final class AnyCertificate extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static PortReply ask(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.connect(address, CONNECT_MS);
      socket.setSoTimeout(ANSWER_MS);
      socket.getOutputStream().write(QUESTION);
      int first = new DataInputStream(socket.getInputStream()).readInt();
      if (first >>> 24 == TLS_ALERT && (first >>> 16 & 0xFF) == TLS_MAJOR) {
        return PortReply.TLS;
      }
      return first > 0 && first < ANSWER_BYTES_MAX ? PortReply.PLAIN : PortReply.NONE;
    } catch (IOException e) {
      return PortReply.NONE;
    }
  }
}
