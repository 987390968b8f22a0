using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using Engine.Bench.Output;

namespace Engine.Bench.Logging;

/// <summary>
/// A file of events, which TensorBoard shows as (a part of) the run that is called as its folder. Numbers of fields are those of
/// TensorBoard's event.proto, summary.proto, tensor.proto and plugins/hparams/plugin_data.proto.
/// </summary>
internal sealed class EventFile : IDisposable
{
    /// <summary>The pattern of their names.</summary>
    public const string Names = Prefix + "*";

    private const string Prefix = "events.out.tfevents.";
    private readonly RecordFile _records;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <param name="startsAnew">Whether what other files of the folder have is void.</param>
    public EventFile(string folder, bool startsAnew = false)
    {
        Directory.CreateDirectory(folder);
        _records = new RecordFile(Path.Combine(folder, NextName(folder)));
        Add(0, new ProtoMessage().With(3, "brain.Event:2"));
        if (startsAnew)
            Add(0, new ProtoMessage().With(7, new ProtoMessage().With(1, 1L)));
    }

    /// <summary>Adds numbers.</summary>
    public void AddScalars(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new ProtoMessage();
        foreach (var (tag, value) in scalars)
            summary.With(1, new ProtoMessage().With(1, tag).With(2, (float)value));
        AddSummary(step, summary);
    }

    /// <summary>Adds a text, in Markdown.</summary>
    public void AddText(string tag, string text)
    {
        const long String = 7;
        var shape = new ProtoMessage().With(2, new ProtoMessage().With(1, 1L));
        AddSummary(0, new ProtoMessage().With(1, new ProtoMessage()
            .With(1, $"{tag}/text_summary")
            .With(9, Plugin("text", []))
            .With(8, new ProtoMessage().With(1, String).With(2, shape).With(8, text))));
    }

    /// <summary>Adds an image.</summary>
    public void AddImage(string tag, byte[] png)
    {
        // Width and height stand behind the file's signature and the length and the name of its first chunk.
        const long Rgba = 4;
        long width = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(16)), height = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(20));
        AddSummary(0, new ProtoMessage().With(1, new ProtoMessage()
            .With(1, tag)
            .With(4, new ProtoMessage().With(1, height).With(2, width).With(3, Rgba).With(4, png))));
    }

    /// <summary>Says what the run was asked for, for the table of hyper-parameters.</summary>
    public void AddHyperParameters(IEnumerable<(string Name, JsonValue Value)> values)
    {
        var info = new ProtoMessage().With(5, Now);
        foreach (var (name, value) in values)
            info.With(1, new ProtoMessage().With(1, name).With(2, Value(value)));
        AddSummary(0, HyperParameters("session_start_info", 3, info));

        // As google.protobuf.Value has it.
        static ProtoMessage Value(JsonValue value)
            => value.TryGetValue(out bool truth) ? new ProtoMessage().With(4, truth)
                : value.TryGetValue(out double number) ? new ProtoMessage().With(2, number)
                : new ProtoMessage().With(3, value.ToString());
    }

    /// <summary>Says that the run is complete.</summary>
    public void AddEnd()
    {
        const long Success = 1;
        AddSummary(0, HyperParameters("session_end_info", 4, new ProtoMessage().With(1, Success).With(2, Now)));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _records.Dispose();

    private static double Now => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private static ProtoMessage HyperParameters(string tag, int field, ProtoMessage data) => new ProtoMessage().With(1, new ProtoMessage()
        .With(1, $"_hparams_/{tag}")
        .With(9, Plugin("hparams", new ProtoMessage().With(1, 0L).With(field, data).ToBytes())));

    private static ProtoMessage Plugin(string name, byte[] content)
        => new ProtoMessage().With(1, new ProtoMessage().With(1, name).With(2, content));

    private void AddSummary(long step, ProtoMessage summary) => Add(step, new ProtoMessage().With(5, summary));

    // Fields may come in any order.
    private void Add(long step, ProtoMessage what) => _records.Append(what.With(1, Now).With(2, step).ToBytes());

    // Files are read in the order of their names, which begin with the time: later ones must have later names, even in the same second.
    private static string NextName(string folder)
    {
        long last = Directory.GetFiles(folder, Names)
            .Select(path => Path.GetFileName(path)[Prefix.Length..].Split('.')[0])
            .Select(time => long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long second) ? second : 0)
            .DefaultIfEmpty().Max();
        long now = Math.Max(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), last + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{now:d10}.{Environment.MachineName}.{Environment.ProcessId}");
    }
}
