package io.streamsocial.cli;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.awaitility.Awaitility;

/**
 * A Kafka with TLS, logins by SCRAM and ACLs that allow nothing by default. Beside that listener it
 * has some with wrong certificates, and a plain one for the super user.
 */
final class SecureKafka implements AutoCloseable {
  static final String SECURE = "SECURE";
  static final String EXPIRED = "EXPIRED";
  static final String OTHERHOST = "OTHERHOST";
  static final String PASSWORD = "correct-horse";
  private static final Pattern COMMAND =
      Pattern.compile(
          "kafka-acls\\.sh --bootstrap-server \\S+ --add --allow-principal '([^']+)'((?: --operation \\w+)+)"
              + " --(topic|group|transactional-id) '([^']+)'( --resource-pattern-type prefixed)?");

  private final LocalBroker broker;
  private final Admin admin;
  private final Path authority;
  private final Path otherAuthority;

  private SecureKafka(LocalBroker broker, Path authority, Path otherAuthority) {
    this.broker = broker;
    this.admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
    this.authority = authority;
    this.otherAuthority = otherAuthority;
  }

  /** One for all tests of this JVM, started at the first call and ended with the JVM. */
  static SecureKafka shared() {
    return Shared.KAFKA;
  }

  /** Initialised once, by the class loader's own lock. */
  private static final class Shared {
    static final SecureKafka KAFKA = start();

    private static SecureKafka start() {
      try {
        SecureKafka kafka = SecureKafka.start(Files.createTempDirectory("secure-kafka-"));
        Runtime.getRuntime().addShutdownHook(new Thread(kafka::close, "secure-kafka-close"));
        return kafka;
      } catch (Exception e) {
        throw new AssertionError("no secure Kafka", e);
      }
    }
  }

  private static SecureKafka start(Path dir) throws Exception {
    X509Bundle ca = authority("CN=Test authority");
    Path authority = Files.writeString(dir.resolve("ca.pem"), ca.getCertificatePEM());
    Path other =
        Files.writeString(
            dir.resolve("other-ca.pem"), authority("CN=Somebody else").getCertificatePEM());
    Instant now = Instant.now();
    CertificateBuilder right = certificate(now).addSanIpAddress("127.0.0.1");
    CertificateBuilder expired =
        certificate(now)
            .addSanIpAddress("127.0.0.1")
            .notBefore(now.minus(Duration.ofDays(30)))
            .notAfter(now.minus(Duration.ofDays(1)));
    CertificateBuilder otherHost = certificate(now).addSanDnsName("kafka.example.org");
    LocalBroker broker =
        LocalBroker.start(
            BrokerConfig.defaults()
                .readyTimeout(Duration.ofMinutes(3))
                .property(
                    "authorizer.class.name",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .property("super.users", "User:ANONYMOUS")
                .property("allow.everyone.if.no.acl.found", "false")
                .listener(
                    SECURE, "SASL_SSL", door(dir.resolve("right.pem"), right.buildIssuedBy(ca)))
                .listener(
                    EXPIRED,
                    "SASL_SSL",
                    door(dir.resolve("expired.pem"), expired.buildIssuedBy(ca)))
                .listener(
                    OTHERHOST,
                    "SASL_SSL",
                    door(dir.resolve("other-host.pem"), otherHost.buildIssuedBy(ca))));
    return new SecureKafka(broker, authority, other);
  }

  private static X509Bundle authority(String name) throws Exception {
    return new CertificateBuilder().subject(name).setIsCertificateAuthority(true).buildSelfSigned();
  }

  private static CertificateBuilder certificate(Instant now) {
    return new CertificateBuilder()
        .subject("CN=broker")
        .notBefore(now.minus(Duration.ofDays(1)))
        .notAfter(now.plus(Duration.ofDays(30)));
  }

  private static Map<String, String> door(Path file, X509Bundle certificate) throws IOException {
    Files.writeString(
        file,
        certificate.getPrivateKeyPEM() + "\n" + certificate.getCertificatePathPEM(),
        StandardCharsets.US_ASCII);
    return Map.of(
        "ssl.keystore.type", "PEM",
        "ssl.keystore.location", file.toString(),
        "sasl.enabled.mechanisms", "SCRAM-SHA-512",
        "scram-sha-512.sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required;");
  }

  /** Where everything is allowed, without TLS. */
  String plain() {
    return broker.bootstrap();
  }

  String bootstrap(String listener) {
    return broker.bootstrap(listener);
  }

  Admin admin() {
    return admin;
  }

  /** Who can log in, but is allowed nothing. */
  void addUser(String name) throws Exception {
    admin
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    name,
                    new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096),
                    PASSWORD.getBytes(StandardCharsets.UTF_8))))
        .all()
        .get();
  }

  Map<String, String> client(String user) {
    return client(user, PASSWORD, authority);
  }

  Map<String, String> clientWithOtherAuthority(String user) {
    return client(user, PASSWORD, otherAuthority);
  }

  Map<String, String> client(String user, String password) {
    return client(user, password, authority);
  }

  private static Map<String, String> client(String user, String password, Path trusted) {
    return Map.of(
        "security.protocol", "SASL_SSL",
        "ssl.truststore.type", "PEM",
        "ssl.truststore.location", trusted.toString(),
        "sasl.mechanism", "SCRAM-SHA-512",
        "sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
                .formatted(user, password));
  }

  // ---------------------------------------------------------------- ACLs

  /** What kafka-acls.sh would do at this command, one binding an operation. */
  static List<AclBinding> bindings(String command) {
    Matcher matcher = COMMAND.matcher(command);
    if (!matcher.matches()) {
      throw new AssertionError("no kafka-acls.sh command: " + command);
    }
    ResourceType type =
        ResourceType.valueOf(matcher.group(3).replace('-', '_').toUpperCase(Locale.ROOT));
    ResourcePattern pattern =
        new ResourcePattern(
            type,
            matcher.group(4),
            matcher.group(5) == null ? PatternType.LITERAL : PatternType.PREFIXED);
    return Stream.of(matcher.group(2).trim().split(" "))
        .filter(word -> !word.equals("--operation"))
        .map(SecureKafka::operation)
        .map(
            operation ->
                new AclBinding(
                    pattern,
                    new AccessControlEntry(
                        matcher.group(1), "*", operation, AclPermissionType.ALLOW)))
        .collect(Collectors.toList());
  }

  private static AclOperation operation(String camel) {
    return AclOperation.valueOf(
        camel.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT));
  }

  /** Returns once the broker itself goes by it. */
  void allow(List<AclBinding> bindings) throws Exception {
    admin.createAcls(bindings).all().get();
    bindings.forEach(binding -> awaitAcl(binding, true));
  }

  void forbid(AclBinding binding) throws Exception {
    admin.deleteAcls(List.of(binding.toFilter())).all().get();
    awaitAcl(binding, false);
  }

  private void awaitAcl(AclBinding binding, boolean isThere) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofMinutes(1))
        .until(() -> admin.describeAcls(binding.toFilter()).values().get().isEmpty() != isThere);
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
    broker.close();
  }
}
