using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;

namespace Engine.Tests.Bench;

/// <summary>
/// Reads files of events as TensorBoard does, written from the formats: records with checksums, messages of numbered fields, and what a
/// run that was started again makes void.
/// </summary>
internal sealed class EventReader
{
    /// <summary>Reads the files of a folder, in the order of their names.</summary>
    public EventReader(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, "events.out.tfevents.*").Order(StringComparer.Ordinal))
        {
            var events = Records(File.ReadAllBytes(path)).Select(Fields).ToArray();
            Xunit.Assert.Equal("brain.Event:2", Text(events[0], 3));
            foreach (var entry in events)
                Process(entry);
        }
    }

    /// <summary>The scalars, by tag, in the order of their steps.</summary>
    public SortedDictionary<string, SortedDictionary<long, float>> Scalars { get; } = [];

    /// <summary>The texts, by tag.</summary>
    public Dictionary<string, string> Texts { get; } = [];

    /// <summary>The hyper-parameters, as texts.</summary>
    public Dictionary<string, string> HyperParameters { get; } = [];

    /// <summary>The images, by tag.</summary>
    public Dictionary<string, (long Width, long Height, byte[] Bytes)> Images { get; } = [];

    /// <summary>How often the run came to its end.</summary>
    public int Ends { get; private set; }

    /// <summary>How many scalars a later start has made void.</summary>
    public int Voided { get; private set; }

    private void Process(ILookup<int, object> entry)
    {
        Xunit.Assert.InRange(Double(entry, 1), 1.7e9, 1e10);
        long step = (long)(ulong)entry[2].Single();

        // A session log of status START.
        if (entry.Contains(7) && (ulong)Inner(entry, 7)[1].Single() == 1)
        {
            if (step == 0)
            {
                Texts.Clear();
                HyperParameters.Clear();
            }

            foreach (var scalars in Scalars.Values)
            {
                foreach (long later in scalars.Keys.Where(key => key >= step).ToArray())
                    Voided += scalars.Remove(later) ? 1 : 0;
            }
        }

        if (!entry.Contains(5))
            return;
        foreach (var value in Inner(entry, 5)[1].Cast<byte[]>().Select(Fields))
        {
            string tag = Text(value, 1);
            if (value.Contains(2))
                Of(Scalars, tag).Add(step, BitConverter.UInt32BitsToSingle((uint)value[2].Single()));
            else if (value.Contains(4))
                Images.Add(tag, Image(Inner(value, 4)));
            else
                ProcessPlugin(tag, value);
        }
    }

    private void ProcessPlugin(string tag, ILookup<int, object> value)
    {
        var plugin = Inner(Inner(value, 9), 1);
        if (Text(plugin, 1) == "text")
        {
            Texts.Add(tag, Text(Inner(value, 8), 8));
            return;
        }

        Xunit.Assert.Equal("hparams", Text(plugin, 1));
        var data = Inner(plugin, 2);
        if (tag == "_hparams_/session_end_info")
        {
            Xunit.Assert.Equal(1ul, Inner(data, 4)[1].Single());
            Ends++;
            return;
        }

        Xunit.Assert.Equal("_hparams_/session_start_info", tag);
        foreach (var pair in Inner(data, 3)[1].Cast<byte[]>().Select(Fields))
        {
            var given = Inner(pair, 2);
            Xunit.Assert.True(Text(pair, 1) != "seed" || given.Contains(2));
            HyperParameters.Add(Text(pair, 1), FormattableString.Invariant(
                $"{(given.Contains(2) ? Double(given, 2) : given.Contains(4) ? (ulong)given[4].Single() == 1 : Text(given, 3))}"));
        }
    }

    private static (long Width, long Height, byte[] Bytes) Image(ILookup<int, object> image)
        => ((long)(ulong)image[2].Single(), (long)(ulong)image[1].Single(), (byte[])image[4].Single());

    private static TValue Of<TValue>(IDictionary<string, TValue> values, string tag)
        where TValue : new()
        => values.TryGetValue(tag, out var found) ? found : values[tag] = new();

    private static IEnumerable<byte[]> Records(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at)));
            Xunit.Assert.Equal(Checksum(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            byte[] record = bytes[(at + 12)..(at + 12 + length)];
            Xunit.Assert.Equal(Checksum(record), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            yield return record;
            at += 16 + length;
        }
    }

    // CRC-32C bit by bit, masked.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xffffffff;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    private static ILookup<int, object> Inner(ILookup<int, object> fields, int number) => Fields((byte[])fields[number].Single());

    private static string Text(ILookup<int, object> fields, int number) => Encoding.UTF8.GetString((byte[])fields[number].Single());

    private static double Double(ILookup<int, object> fields, int number)
        => BitConverter.UInt64BitsToDouble((ulong)fields[number].Single());

    /// <summary>The fields of a message. What they are follows from their numbers; numbers are unsigned here, and all else bytes.</summary>
    public static ILookup<int, object> Fields(byte[] message)
    {
        using var input = new CodedInputStream(message);
        var fields = new List<(int Number, object Value)>();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            fields.Add((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (object)input.ReadFixed32(),
                _ => input.ReadBytes().ToByteArray(),
            }));
        }

        return fields.ToLookup(field => field.Number, field => field.Value);
    }
}
