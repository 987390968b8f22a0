using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Engine.Kernels;

namespace Engine.Core.Files;

/// <summary>A safetensors file about to be written.</summary>
/// <param name="Header">The length prefix and the padded JSON header.</param>
/// <param name="Data">The tensors' bytes in the order in which they follow the header.</param>
internal sealed record SafeTensorsLayout(byte[] Header, List<byte[]> Data)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Lays out a file; names stay in the order given.</summary>
    public static SafeTensorsLayout Of(
        IEnumerable<KeyValuePair<string, StoredTensor>> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        List<KeyValuePair<string, StoredTensor>> entries = Checked(tensors);
        List<byte[]> data = new(entries.Count);
        long[] begins = Place(entries, data);

        ArrayBufferWriter<byte> buffer = new();
        buffer.Write(stackalloc byte[SafeTensors.PrefixLength]);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            for (int i = 0; i < entries.Count; i++)
                WriteEntry(json, entries[i].Key, entries[i].Value, begins[i]);
            json.WriteEndObject();
        }

        // Spaces to a multiple of 8, so that the data are aligned in a mapped file.
        while (buffer.WrittenCount % 8 != 0)
            buffer.Write(" "u8);
        int length = buffer.WrittenCount - SafeTensors.PrefixLength;
        if (length > SafeTensors.MaxHeaderLength)
            throw new ArgumentException($"The header would take {length} bytes, more than the format's {SafeTensors.MaxHeaderLength}.");
        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        return new SafeTensorsLayout(header, data);
    }

    private static List<KeyValuePair<string, StoredTensor>> Checked(IEnumerable<KeyValuePair<string, StoredTensor>> tensors)
    {
        List<KeyValuePair<string, StoredTensor>> entries = [];
        HashSet<string> names = [SafeTensorsHeader.MetadataName];
        foreach ((string name, StoredTensor tensor) in tensors)
        {
            CheckText(name, "tensor name");
            ArgumentNullException.ThrowIfNull(tensor, $"tensor {name}");
            if (!names.Add(name))
                throw new ArgumentException($"The tensor name {SafeTensorsHeader.Quote(name)} is repeated or reserved.");
            entries.Add(new(name, tensor));
        }

        return entries;
    }

    /// <summary>
    /// Gives each tensor its offset: 8-byte elements come first, so that every tensor is aligned to its elements,
    /// as readers that view the file's bytes in place demand.
    /// </summary>
    private static long[] Place(List<KeyValuePair<string, StoredTensor>> entries, List<byte[]> data)
    {
        long[] begins = new long[entries.Count];
        long offset = 0;
        foreach (int size in (ReadOnlySpan<int>)[8, 4])
        {
            for (int i = 0; i < begins.Length; i++)
            {
                StoredTensor tensor = entries[i].Value;
                if (tensor.Type.Size() != size)
                    continue;
                begins[i] = offset;
                offset += tensor.Data.Length;
                data.Add(tensor.Data);
            }
        }

        return begins;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        HashSet<string> keys = [];
        foreach ((string key, string value) in metadata)
        {
            CheckText(key, "metadata key");
            CheckText(value, "metadata value");
            if (keys.Count == 0)
                json.WriteStartObject(SafeTensorsHeader.MetadataName);
            if (!keys.Add(key))
                throw new ArgumentException($"The metadata key {SafeTensorsHeader.Quote(key)} is repeated.");
            json.WriteString(key, value);
        }

        if (keys.Count > 0)
            json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, StoredTensor tensor, long begin)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", SafeTensorsType.NameOf(tensor.Type));
        json.WriteStartArray("shape");
        foreach (int dimension in tensor.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(begin + tensor.Data.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void CheckText(string text, string what)
    {
        ArgumentNullException.ThrowIfNull(text, what);
        try
        {
            StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"The {what} {SafeTensorsHeader.Quote(text)} is not valid Unicode.", e);
        }
    }
}
