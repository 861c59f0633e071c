package sitewright.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** Settings of those who come in: TLS by the site's authority, a name and a password. */
final class Client {
    static final String AUTHORITY = "/etc/kafka/tls/ca.crt";

    private Client() {
    }

    /** Settings for a user; calls that are not answered within so many milliseconds fail. */
    static Map<String, Object> settings(String bootstrap, String user, String password, int patience) {
        if (!(user + password).matches("[A-Za-z0-9_.-]+")) {
            throw new IllegalArgumentException("names and passwords are made of letters, digits, and _ . -");
        }
        Map<String, Object> found = new HashMap<>();
        found.put("bootstrap.servers", bootstrap);
        found.put("security.protocol", "SASL_SSL");
        found.put("sasl.mechanism", "PLAIN");
        found.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
                + user + "\" password=\"" + password + "\";");
        found.put("ssl.truststore.type", "PEM");
        found.put("ssl.truststore.location", AUTHORITY);
        found.put("request.timeout.ms", patience);
        found.put("default.api.timeout.ms", patience);
        return found;
    }

    static Admin admin(String bootstrap, String user, String password, int patience) {
        return Admin.create(settings(bootstrap, user, password, patience));
    }
}
