package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * Explains in one line why brokers refuse a connection, a login or an operation, and what to do
 * about it. Kafka's own errors name neither the user nor the operation, and hide the cause of a
 * failed handshake behind several others.
 */
public final class BrokerRefusal {
  private static final int CAUSES_MAX = 20;

  private BrokerRefusal() {}

  /**
   * @param wanted the operation that was tried on topics, or on a group to be deleted
   * @return null when it is no refusal
   */
  public static @Nullable String explain(
      EngineConfig config, Throwable error, AclOperation wanted) {
    return explain(config, error, wanted, "");
  }

  /**
   * @param topic of the request: not every error names it
   */
  public static @Nullable String explain(
      EngineConfig config, Throwable error, AclOperation wanted, String topic) {
    List<Throwable> causes = causes(error);
    for (Throwable cause : causes) {
      if (cause instanceof AuthorizationException denied) {
        return denied(config, denied, wanted, topic);
      }
    }
    for (Throwable cause : causes) {
      if (cause instanceof SslAuthenticationException) {
        return handshake(config, causes);
      }
      if (cause instanceof AuthenticationException) {
        return login(config, cause);
      }
    }
    return null;
  }

  /**
   * The refusal as an exception that stops the program, or the error itself when it is no refusal.
   */
  public static RuntimeException orElse(
      EngineConfig config, RuntimeException error, AclOperation wanted) {
    String text = explain(config, error, wanted);
    return text == null || error instanceof ConfigException ? error : new AccessException(text);
  }

  private static List<Throwable> causes(Throwable error) {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable e = error; e != null && causes.size() < CAUSES_MAX; e = e.getCause()) {
      causes.add(e);
    }
    return causes;
  }

  // ---------------------------------------------------------------- operations

  private static String denied(
      EngineConfig config, AuthorizationException denied, AclOperation wanted, String asked) {
    if (denied instanceof TopicAuthorizationException topics) {
      Set<String> names = new TreeSet<>(topics.unauthorizedTopics());
      if (names.isEmpty() && !asked.isEmpty()) {
        names.add(asked);
      }
      if (!names.isEmpty()) {
        return names.stream()
            .map(topic -> AccessNeeds.topic(topic, wanted).refusal(config))
            .collect(Collectors.joining("; "));
      }
    }
    if (denied instanceof GroupAuthorizationException) {
      AclOperation operation =
          wanted == AclOperation.DELETE ? AclOperation.DELETE : AclOperation.READ;
      return AccessNeeds.group(config, operation).refusal(config);
    }
    if (denied instanceof TransactionalIdAuthorizationException) {
      return AccessNeeds.transactions(config).refusal(config);
    }
    String what = denied instanceof ClusterAuthorizationException ? "the cluster" : "what it needs";
    return "%s is not allowed to %s on %s (%s): doctor --acls prints the commands that allow all that is needed"
        .formatted(
            AccessNeeds.principal(config).orElse("the user of this process"),
            wanted,
            what,
            denied.getMessage());
  }

  // ---------------------------------------------------------------- connections

  private static String login(EngineConfig config, Throwable e) {
    return "the brokers at %s refuse the login of %s (%s): check user and password in kafka.sasl.jaas.config, and kafka.sasl.mechanism"
        .formatted(
            config.brokers().bootstrap(),
            AccessNeeds.principal(config).orElse("this process"),
            e.getMessage());
  }

  private static String handshake(EngineConfig config, List<Throwable> causes) {
    String at = "no TLS connection to the brokers at " + config.brokers().bootstrap();
    for (Throwable cause : causes) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof CertificateExpiredException) {
        return "%s: their certificate has expired (%s): renew it on the brokers"
            .formatted(at, message);
      }
      if (cause instanceof CertificateNotYetValidException) {
        return "%s: their certificate is not valid yet (%s): compare the clocks"
            .formatted(at, message);
      }
      if (message.contains("subject alternative")
          || message.startsWith("No name matching")
          || message.startsWith("No subject")) {
        return "%s: their certificate is for another host (%s): use a name from the certificate in --bootstrap and advertised.listeners, or have one made for this name"
            .formatted(at, message);
      }
      if (cause instanceof CertPathBuilderException) {
        return "%s: their certificate comes from nobody who is trusted here (%s): name the authority that signed it in kafka.ssl.truststore.location (PEM: kafka.ssl.truststore.type=PEM)"
            .formatted(at, message);
      }
    }
    Throwable root = causes.get(causes.size() - 1);
    return "%s: the handshake failed (%s): check kafka.ssl.*, on brokers that ask for a client certificate kafka.ssl.keystore.location too"
        .formatted(at, root.getMessage());
  }
}
