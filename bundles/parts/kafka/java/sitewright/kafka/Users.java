package sitewright.kafka;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.plain.PlainAuthenticateCallback;

/**
 * Who may come in: names and passwords of the file {@code /etc/kafka/users/credentials}, one name:password a line.
 *
 * <p>As a server's handler it compares what a client says; as a client's, it says the name in {@link #SELF} and its
 * password. The file is read each time, so that a password can be changed without a restart. Without it nobody comes in.
 */
public final class Users implements AuthenticateCallbackHandler {
    /** The user as whom brokers and controllers talk with each other, and what starts in their pods with them. */
    public static final String SELF = "broker";
    private static final Path FILE = Paths.get("/etc/kafka/users/credentials");

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        String name = SELF;
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback) {
                NameCallback asked = (NameCallback) callback;
                name = asked.getDefaultName() == null ? SELF : asked.getDefaultName();
                asked.setName(name);
            } else if (callback instanceof PasswordCallback) {
                ((PasswordCallback) callback).setPassword(password(name).toCharArray());
            } else if (callback instanceof PlainAuthenticateCallback) {
                PlainAuthenticateCallback asked = (PlainAuthenticateCallback) callback;
                asked.authenticated(name.indexOf(':') < 0 && known(name + ":" + new String(asked.password())));
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    private static boolean known(String said) throws IOException {
        byte[] wanted = said.getBytes(StandardCharsets.UTF_8);
        boolean found = false;
        for (String line : lines()) {
            // Every line is compared, in a time that does not depend on how much of it is right.
            found |= line.indexOf(':') > 0 && MessageDigest.isEqual(line.getBytes(StandardCharsets.UTF_8), wanted);
        }
        return found;
    }

    /** The password of a user. */
    static String password(String name) throws IOException {
        return lines().stream().filter(line -> line.startsWith(name + ":")).findFirst()
                .map(line -> line.substring(name.length() + 1))
                .orElseThrow(() -> new IOException(FILE + " has no user " + name));
    }

    private static List<String> lines() throws IOException {
        return Files.isReadable(FILE) ? Files.readAllLines(FILE) : List.of();
    }

    @Override
    public void close() {
    }
}
