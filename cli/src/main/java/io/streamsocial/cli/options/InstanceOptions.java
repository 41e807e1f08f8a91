package io.streamsocial.cli.options;

import io.streamsocial.cli.shell.Environment;
import io.streamsocial.processor.EngineConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Identity of an instance and directory of its state, as options. */
public final class InstanceOptions {
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  @Option(
      names = "--app-id",
      description = "Names the consumer group and internal topics; all instances share it.")
  public String appId = DEFAULTS.identity().appId();

  @Option(
      names = "--instance-id",
      description =
          "Unique in the application, the same after a restart. Default: the ordinal of POD_NAME,"
              + " else 0.")
  public @Nullable String instanceId;

  @Option(names = "--state-dir", description = "Where the stores live.")
  public Path stateDir = DEFAULTS.storage().stateDir();

  public String instanceId(Environment environment) {
    if (instanceId != null) {
      return instanceId;
    }
    String ordinal = environment.podOrdinal();
    return ordinal == null ? DEFAULTS.identity().instanceId() : ordinal;
  }
}
