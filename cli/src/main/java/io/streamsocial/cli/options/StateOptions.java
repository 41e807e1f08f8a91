package io.streamsocial.cli.options;

import io.streamsocial.cli.shell.Environment;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.ViewBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that every command needs that counts into a state, or works on one offline. */
public final class StateOptions {
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  /** What the view of hashtags is called in {@code --views}. */
  public static final String TRENDING = "trending";

  @Mixin final InstanceOptions instance = new InstanceOptions();

  @Option(names = "--bootstrap", description = "Kafka's servers, host:port[,host:port...].")
  String bootstrap = DEFAULTS.brokers().bootstrap();

  @Option(names = "--topic", description = "The posts.")
  String topic = DEFAULTS.posts().topic();

  @Option(
      names = "--views",
      split = ",",
      paramLabel = "VIEW",
      description =
          "What is kept of the posts: trending, and beside it users (posts of each, first and last, text of the last),"
              + " sessions (who is active, by region), bursts (runs of mentions of a hashtag). The"
              + " same on all instances. Sessions and bursts cost several times what trending costs,"
              + " see docs/performance/views.md. One that is added counts from then on.")
  List<String> views = List.of(TRENDING);

  @Option(
      names = "--users-ttl",
      description =
          "How long the view users keeps a user after the last post, by the time of the posts. The"
              + " same on all instances. 0: for ever; the state then grows with all users.")
  Duration usersTtl = PostViews.USERS_TTL;

  @Option(names = "--window", description = "Size of the windows, e.g. 5m.")
  Duration window = DEFAULTS.windows().window();

  @Option(names = "--grace", description = "How long after its end a window still counts.")
  Duration grace = DEFAULTS.windows().grace();

  @Option(names = "--retention", description = "How long after its end a window stays readable.")
  Duration retention = DEFAULTS.windows().retention();

  @Option(
      names = "--max-regions",
      description = "Regions a window names in each shuffle partition; others count as 'other'.")
  int maxRegions = DEFAULTS.windows().maxRegions();

  @Option(
      names = "--max-future",
      description = "A post dated further ahead of the clock is rejected.")
  Duration maxFuture = DEFAULTS.posts().maxFuture();

  @Option(names = "--max-post-bytes", description = "A larger post is rejected.")
  int maxPostBytes = DEFAULTS.posts().maxPostBytes();

  @Option(
      names = "--dedupe",
      description =
          "A post whose post_id came within this time in the same partition is not counted again,"
              + " whoever sent it, so an id must be unique. The header idempotency-key is then known"
              + " for this time, too, instead of 10 minutes. 0: off.")
  Duration dedupe = DEFAULTS.posts().dedupe();

  @Option(
      names = "--store-memory-bytes",
      description = "Bound of RocksDB's memory in this process.")
  long storeMemoryBytes = DEFAULTS.storage().storeMemoryBytes();

  @Option(
      names = "--heap-state",
      description = "Bound of what counting keeps on the heap, in bytes; 0: a third of the heap.")
  long heapState = DEFAULTS.storage().heapState();

  @Option(
      names = "--kafka",
      paramLabel = "KEY=VALUE",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = {
        "Passed through to Kafka's clients, also written --kafka.KEY=VALUE; the prefixes"
            + " consumer., producer. and admin. address one kind.",
        "Environment: KAFKA_ and the key in upper case, e.g. KAFKA_SECURITY_PROTOCOL"
      })
  Map<String, String> kafka = new HashMap<>();

  /** The command line wins over the environment. */
  Map<String, String> kafka(Environment environment) {
    Map<String, String> merged = new HashMap<>(environment.kafka());
    merged.putAll(kafka);
    return merged;
  }

  EngineConfigBuilder apply(EngineConfigBuilder builder, Environment environment) {
    checkUsersTtl();
    for (String name : views) {
      if (!name.equals(TRENDING)) {
        builder.view(PostViews.named(name, topic, usersTtl).orElseThrow(() -> unknownView(name)));
      }
    }
    if (!views.contains(TRENDING)) {
      throw new ConfigException(
          "views has no trending: the server answers what is trending, so begin with --views trending,...");
    }
    return builder
        .hashtags(true)
        .bootstrap(bootstrap)
        .appId(instance.appId)
        .instanceId(instance.instanceId(environment))
        .topic(topic)
        .stateDir(instance.stateDir)
        .window(window)
        .maxRegions(maxRegions)
        .heapState(heapState)
        .grace(grace)
        .retention(retention)
        .maxFuture(maxFuture)
        .maxPostBytes(maxPostBytes)
        .dedupe(dedupe)
        .storeMemoryBytes(storeMemoryBytes)
        .kafka(kafka(environment));
  }

  private void checkUsersTtl() {
    boolean isAllowed =
        usersTtl.compareTo(ViewBuilder.TIME_TO_LIVE_MIN) >= 0
            && usersTtl.compareTo(ViewBuilder.TIME_TO_LIVE_MAX) <= 0;
    if (!usersTtl.isZero() && !isAllowed) {
      throw new ConfigException(
          "users-ttl, which may be 0 for ever, is %s: allowed is %d to %d"
              .formatted(
                  usersTtl,
                  ViewBuilder.TIME_TO_LIVE_MIN.toMillis(),
                  ViewBuilder.TIME_TO_LIVE_MAX.toMillis()));
    }
  }

  private static ConfigException unknownView(String name) {
    return new ConfigException(
        "views has '%s': known are %s, %s"
            .formatted(name, TRENDING, String.join(", ", PostViews.names())));
  }

  /**
   * @throws ConfigException with all problems at once
   */
  public EngineConfig build(Environment environment) {
    return apply(EngineConfig.defaults(), environment).build();
  }

  public List<String> problems(Environment environment) {
    try {
      EngineConfig unused = build(environment);
      return List.of();
    } catch (ConfigException e) {
      return e.problems();
    }
  }
}
