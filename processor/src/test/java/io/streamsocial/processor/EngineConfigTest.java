package io.streamsocial.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EngineConfigTest {
  private static List<String> problems(EngineConfigBuilder config) {
    return Objects.requireNonNull(catchThrowableOfType(ConfigException.class, config::build))
        .problems();
  }

  @Test
  void theDefaultsAreValid() {
    assertThat(EngineConfig.defaults().build().guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
  }

  @Test
  void allProblemsAreToldAtOnce() {
    List<String> problems =
        problems(
            EngineConfig.defaults()
                .bootstrap(" ")
                .appId("my app")
                .instanceId("")
                .topic("a/b")
                .shufflePartitions(0)
                .threads(65)
                .publishMs(0)
                .checkpointMs(99)
                .window(Duration.ZERO)
                .grace(Duration.ofHours(3))
                .retention(Duration.ofHours(2))
                .maxFuture(Duration.ofMillis(-1))
                .sourceIdle(Duration.ofHours(2))
                .maxPostBytes(10)
                .storeMemoryBytes(1)
                .kafka(Map.of("acks", "1", "consumer.isolation.level", "read_uncommitted")));
    assertThat(problems).hasSize(16);
    for (String key :
        List.of(
            "bootstrap",
            "app-id is 'my app'",
            "instance-id is ''",
            "topic is 'a/b'",
            "shuffle-partitions is 0: allowed is 1 to 1000",
            "threads is 65",
            "publish-ms is 0",
            "checkpoint-ms is 99",
            "window (ms) is 0",
            "grace (PT3H) is longer than retention (PT2H)",
            "max-future",
            "source-idle",
            "max-post-bytes",
            "store-memory",
            "kafka.acks cannot be set",
            "kafka.consumer.isolation.level cannot be set")) {
      assertThat(problems).as(key).anyMatch(p -> p.startsWith(key));
    }
  }

  @Test
  void theMessageHoldsEveryProblemOnItsLine() {
    assertThatThrownBy(EngineConfig.defaults().threads(0).publishMs(0)::build)
        .isInstanceOf(ConfigException.class)
        .hasMessage("threads is 0: allowed is 1 to 64\npublish-ms is 0: allowed is 1 to 10000");
  }

  @Test
  void theEndsOfTheRangesAreAllowed() {
    EngineConfigBuilder config = EngineConfig.defaults();
    config.shufflePartitions(1).threads(1).publishMs(1).publishMaxMs(1).checkpointMs(100).build();
    config.shufflePartitions(1000).threads(64).publishMs(10_000).checkpointMs(600_000).build();
    config.grace(Duration.ZERO).retention(Duration.ZERO).build();
    config.window(Duration.ofDays(1)).retention(Duration.ofDays(31)).build();
    assertThat(problems(config.retention(Duration.ofDays(31).plusMillis(1)))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "isolation.level",
        "enable.auto.commit",
        "consumer.auto.offset.reset",
        "producer.enable.idempotence",
        "producer.transactional.id",
        "group.id",
        "consumer.group.instance.id"
      })
  void settingsThatExactlyOnceRestsOnCannotBeOverridden(String key) {
    assertThat(problems(EngineConfig.defaults().kafka(Map.of(key, "x"))))
        .singleElement()
        .asString()
        .contains("kafka." + key)
        .contains("remove the setting");
  }

  @Test
  void otherKafkaSettingsPass() {
    Map<String, String> kafka = Map.of("security.protocol", "SSL", "producer.linger.ms", "5");
    assertThat(EngineConfig.defaults().kafka(kafka).build().brokers().kafka()).isEqualTo(kafka);
  }

  @ParameterizedTest
  @ValueSource(strings = {".", ".."})
  void aNameThatIsAPathIsRefused(String name) {
    assertThat(problems(EngineConfig.defaults().appId(name).instanceId(name).topic(name)))
        .hasSize(3);
    assertThat(EngineConfig.defaults().appId("..." + name).build().identity().appId())
        .startsWith("...");
  }

  @Test
  void aDurationBeyondMillisecondsIsAProblemLikeAnyOther() {
    Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
    assertThat(problems(EngineConfig.defaults().window(endless).threads(0))).hasSize(2);
  }

  private static View view(String name, String... topics) {
    ViewBuilder view = View.named(name).unwindowed().sum("records");
    for (String topic : topics) {
      view.from(topic, (record, out) -> {});
    }
    return view.build();
  }

  @Test
  void theTopicsAreThePostsAndThoseOfTheViews() {
    assertThat(EngineConfig.defaults().build().inputs()).containsExactly("social.posts");
    View both = view("both", "shop.returns", "shop.orders");
    View orders = view("orders", "shop.orders");
    assertThat(EngineConfig.defaults().hashtags(true).view(both).view(orders).build().inputs())
        .containsExactly("social.posts", "shop.orders", "shop.returns");
    assertThat(EngineConfig.defaults().view(both).view(orders).build().inputs())
        .as("the first of the first view is the one of as_of")
        .containsExactly("shop.returns", "shop.orders");
    assertThat(problems(EngineConfig.defaults().topic("posts").view(both)))
        .singleElement()
        .asString()
        .contains("topic is posts", "name one that a view reads");
  }

  @Test
  void moreThanSixteenTopicsAreTooMany() {
    EngineConfigBuilder config = EngineConfig.defaults();
    for (int i = 0; i < 9; i++) {
      config.view(view("v" + i, "a" + i, "b" + i));
    }
    assertThat(problems(config)).singleElement().asString().contains("read 18 topics");
  }

  @Test
  void topicsAreNamedAfterTheApplication() {
    assertThat(TopicNames.of(EngineConfig.defaults().appId("app").topic("posts").build()))
        .isEqualTo(
            new TopicNames(
                List.of("posts"),
                "app-shuffle",
                List.of("app-hashtag-trends-store-changelog"),
                "app-rejected"));
  }
}
