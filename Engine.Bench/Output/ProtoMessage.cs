using Google.Protobuf;

namespace Engine.Bench.Output;

/// <summary>A message in the wire format of protocol buffers, put together field by field.</summary>
internal sealed class ProtoMessage
{
    private readonly MemoryStream _bytes = new();
    private readonly CodedOutputStream _output;

    /// <summary>Makes an empty message.</summary>
    public ProtoMessage() => _output = new CodedOutputStream(_bytes);

    /// <summary>Adds a whole number or the value of an enumeration.</summary>
    public ProtoMessage With(int field, long value) => With(field, WireFormat.WireType.Varint, () => _output.WriteInt64(value));

    /// <summary>Adds a truth value.</summary>
    public ProtoMessage With(int field, bool value) => With(field, WireFormat.WireType.Varint, () => _output.WriteBool(value));

    /// <summary>Adds a double.</summary>
    public ProtoMessage With(int field, double value) => With(field, WireFormat.WireType.Fixed64, () => _output.WriteDouble(value));

    /// <summary>Adds a float.</summary>
    public ProtoMessage With(int field, float value) => With(field, WireFormat.WireType.Fixed32, () => _output.WriteFloat(value));

    /// <summary>Adds a text.</summary>
    public ProtoMessage With(int field, string value) => With(field, WireFormat.WireType.LengthDelimited, () => _output.WriteString(value));

    /// <summary>Adds bytes.</summary>
    public ProtoMessage With(int field, byte[] value)
        => With(field, WireFormat.WireType.LengthDelimited, () => _output.WriteBytes(ByteString.CopyFrom(value)));

    /// <summary>Adds a message.</summary>
    public ProtoMessage With(int field, ProtoMessage value) => With(field, value.ToBytes());

    /// <summary>The message so far.</summary>
    public byte[] ToBytes()
    {
        _output.Flush();
        return _bytes.ToArray();
    }

    private ProtoMessage With(int field, WireFormat.WireType type, Action write)
    {
        _output.WriteTag(field, type);
        write();
        return this;
    }
}
