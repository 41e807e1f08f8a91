/**
 * Commands that ask a running instance over its API and print the answer as a table or as the JSON
 * that came: {@code query} with its subcommands, and {@code top}.
 *
 * <p>They know the API as any client does; no class of the server's endpoints is used.
 */
@NullMarked
package io.streamsocial.cli.query;

import org.jspecify.annotations.NullMarked;
