package io.streamsocial.cli.query;

import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.http.auth.Tls;
import io.streamsocial.http.auth.UnusableFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A command's token, and the certificates that it trusts, as options. */
final class ApiOptions {
  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = {
        "The token to send, where the instance asks for one.",
        "Or the token itself in the variable " + Environment.TOKEN + "."
      })
  @Nullable Path tokenFile;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description = "Trust an https:// instance whose certificate one of these CAs has signed.")
  @Nullable Path tlsCa;

  List<String> problems(Environment environment) {
    try {
      String unusedToken = token(environment);
      SSLContext unusedTls = tls();
      return List.of();
    } catch (UnusableFileException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * @throws CommandException when a file has become unusable since the check for problems
   */
  ApiClient client(String url, Environment environment) throws CommandException {
    try {
      return new ApiClient(url, token(environment), tls());
    } catch (UnusableFileException e) {
      throw new CommandException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /** Empty for none. */
  private String token(Environment environment) throws UnusableFileException {
    String token = environment.token();
    String source = Environment.TOKEN;
    if (tokenFile != null) {
      token = new String(read("token-file", tokenFile), StandardCharsets.UTF_8).strip();
      source = "token-file " + tokenFile;
    }
    if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new UnusableFileException(
          source + " is more than one token: it must hold the token alone, without its scope");
    }
    return token;
  }

  private @Nullable SSLContext tls() throws UnusableFileException {
    if (tlsCa == null) {
      return null;
    }
    try {
      return Tls.client(read("tls-ca", tlsCa));
    } catch (UnusableFileException e) {
      throw new UnusableFileException("tls-ca is %s: %s".formatted(tlsCa, e.getMessage()));
    }
  }

  private static byte[] read(String option, Path file) throws UnusableFileException {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UnusableFileException("%s is %s: cannot be read: %s".formatted(option, file, e));
    }
  }
}
