# What becomes of a line, by rules.yaml: the same that config/rsyslog.conf of the part rsyslog is rendered from. Plain Ruby, so
# that it can be tried without Logstash; the two methods at the end are those that Logstash's filter `ruby` calls.

require "digest"
require "json"
require "time"

# A document for the store, with its place there.
Judged = Struct.new(:index, :id, :document)

class Judge
  # rules: what rules.yaml says; platform: further namespaces of the platform.
  def initialize(rules, platform)
    @rules = rules
    @platform = rules["platform"] | platform
    @continuation = Regexp.new(rules["continuation"].sub("^", "\\A").gsub("[[:space:]]", "\\s").gsub("[^[:space:]{]", "[^\\s{]"))
    words = rules["masked"]["words"].map { |word| Regexp.escape(word) }.join("|")
    @named = Regexp.new(words, Regexp::IGNORECASE)
    @secret = Regexp.new("\\A(.*(?:#{words})[\"']?\\s*[=:]\\s*[\"']?(?:(?:Bearer|Basic)\\s+)?)([^*\\]\"'\\s,;&}][^\\]\"'\\s,;&}]*)",
                         Regexp::IGNORECASE | Regexp::MULTILINE)
  end

  # What becomes of what a shipper of an environment put into the queue.
  def line(text, environment, now = Time.now.utc.iso8601(3))
    record, raw, reason = record_of(text, now)
    object = record["line"].is_a?(Hash) && raw.match?(/\A\s*\{/)
    platform = reason.nil? && @platform.include?(record.dig("kubernetes", "namespace"))
    reason ||= why(record, raw, object, platform)
    document = reason ? rejected(record, raw, reason) : accepted(record, raw, object)
    kept(record, document, environment, now, reason)
  end

  # What becomes of a document that the store will never take, and of its word for it.
  def refused(document, said)
    record = {
      "@timestamp" => document.dig("event", "created"), "event" => document["event"],
      "kubernetes" => document["kubernetes"], "stream" => document["stream"], "labels" => document["labels"]
    }.compact
    rejected = rejected(record, JSON.generate(document), "type_conflict")
    rejected["reject"]["detail"] = said
    kept(record, rejected, document.dig("orchestrator", "cluster", "name"), Time.now.utc.iso8601(3), "type_conflict")
  end

  private

  # The record, its line as it was written, and why it is none.
  def record_of(text, now)
    record = JSON.parse(text)
    return [record, record["message"].to_s, nil] if record.is_a?(Hash) && record["@timestamp"] && hash_of(record)
    raise JSON::ParserError
  rescue JSON::ParserError
    made = { "@timestamp" => now, "event" => { "hash" => "record-#{Digest::SHA1.hexdigest(text)}" } }
    [made, text, "no_record"]
  end

  def hash_of(record)
    record["event"].is_a?(Hash) && record["event"]["hash"]
  end

  def why(record, raw, object, platform)
    flags = record["log"].is_a?(Hash) ? Array(record["log"]["flags"]) : []
    return "too_large" if flags.include?("truncated")
    return by_form(record, raw) unless object || platform
    return unless object
    missing = @rules["required"].find { |key| !has?(record["line"], key) } unless platform
    return "missing:#{missing}" if missing
    "type_conflict" if %w[event labels].any? { |key| record["line"].key?(key) && !record["line"][key].is_a?(Hash) }
  end

  def by_form(record, raw)
    return "array" if record.key?("line") && raw.match?(/\A\s*\[/)
    raw.match?(@continuation) ? "multiline_suspect" : "not_json"
  end

  # `a.b` is a key of that name, or the key b of an object a.
  def has?(line, key)
    return true if line.key?(key)
    first, rest = key.split(".", 2)
    rest && line[first].is_a?(Hash) ? has?(line[first], rest) : false
  end

  def rejected(record, raw, reason)
    reject = { "reason" => reason, "raw" => masked(raw.byteslice(0, @rules["raw"]).scrub("")) }
    reject["owner"] = owner_of(record) if owner_of(record)
    { "@timestamp" => record["@timestamp"], "reject" => reject }
  end

  def accepted(record, raw, object)
    out = object ? record["line"].merge("parsed" => "true") : { "message" => raw, "parsed" => "false" }
    @rules["objects"].each do |key, meant|
      out[key] = { meant => out[key] } if out.key?(key) && !object?(out[key])
    end
    @rules["instead"].each { |key, others| named_otherwise(out, key, others) } if object
    out["@timestamp"] ||= record["@timestamp"]
    return out unless raw.match?(@named)
    out["message"] = masked(out["message"]) if out["message"].is_a?(String)
    @rules["masked"]["words"].each { |word| out[word] = "***" if out.key?(word) }
    out
  end

  def object?(value)
    value.is_a?(Hash) || (value.is_a?(Array) && value.any? && value.all? { |each| object?(each) })
  end

  def named_otherwise(out, key, others)
    other = others.find { |name| out.key?(name) }
    return if other.nil? || has?(out, key)
    *ways, last = key.split(".")
    ways.reduce(out) { |into, way| into[way] ||= {} }[last] = out[other]
  end

  def masked(text)
    @rules["masked"]["passes"].times { text = text.sub(@secret) { "#{$1}***" } }
    text
  end

  # The document with whose line it is, which is for the shipper to say and not for the line.
  def kept(record, document, environment, now, reason)
    document.delete_if { |key, _| key.match?(/\A(kubernetes|orchestrator)(\.|\z)/) }
    document["kubernetes"] = record["kubernetes"] if record["kubernetes"]
    document["orchestrator"] = { "cluster" => { "name" => environment } }
    document["event"] = (document["event"] || {}).merge(
      "hash" => hash_of(record), "created" => record["@timestamp"], "ingested" => now
    )
    document["stream"] = record["stream"] if record["stream"]
    (document["labels"] ||= {})["owner"] = owner_of(record) if owner_of(record)
    day = record["@timestamp"].to_s[0, 10].tr("-", ".")
    Judged.new("logs-#{'reject-' if reason}#{environment}-#{day}", hash_of(record), document)
  end

  def owner_of(record)
    record["labels"]["owner"] if record["labels"].is_a?(Hash)
  end
end

# Called by Logstash once, with `script_params`.
def register(params)
  require "yaml"
  @judge = Judge.new(YAML.safe_load(File.read(params["rules"])), params["platform"])
end

# Called by Logstash for each event: what comes back goes on in its place.
def filter(event)
  reason = event.get("[@metadata][dead_letter_queue][reason]")
  judged =
    if reason
      @judge.refused(event.to_hash.reject { |key, _| key == "@version" }, reason.to_s)
    else
      @judge.line(event.get("message").to_s, event.get("[@metadata][environment]"))
    end
  made = LogStash::Event.new(judged.document)
  made.set("[@metadata][index]", judged.index)
  made.set("[@metadata][id]", judged.id)
  [made]
end
