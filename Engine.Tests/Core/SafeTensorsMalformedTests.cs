using System.Buffers.Binary;
using System.Text;
using Engine.Core.Files;
using Xunit;

namespace Engine.Tests.Core;

public sealed class SafeTensorsMalformedTests
{
    // Pieces of headers that are spliced into others: numbers at the edges of their types, and JSON out of place.
    private static readonly string[] Splices =
    [
        "-1", "0", "4294967296", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "1e2", "1.0", "1e999", "-0", "null", "true", "\"\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "[", "]", "{", "}", ",", ":", "\"", "\\",
        "[[[[[[[[", "{}", "[]", "\"F32\"", "\"F16\"", "\"dtype\":\"F32\",", "\"x\":1,", "\"__metadata__\":{},",
        "\"__metadata__\":{\"a\":1},",
        "/*c*/", "\u0000", "\ufeff", " ", "NaN", "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},",
        "65536,65536,65536,65536,0", "2147483647,2147483647,2147483647",
    ];

    [Theory]
    [InlineData("", "does not begin with '{'")]
    [InlineData("[]", "does not begin with '{'")]
    [InlineData(" {}", "does not begin with '{'")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}x", "not valid JSON")]
    [InlineData("{}{}", "not valid JSON")]
    [InlineData("""{"x":1}""", "'x' is not an object")]
    [InlineData("""{"x":{}}""", "'x' has no dtype")]
    [InlineData("""{"x":{"dtype":"F32"}}""", "'x' has no shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1]}}""", "'x' has no data_offsets")]
    [InlineData("""{"x":{"dtype":7}}""", "'x': dtype is not a string")]
    [InlineData("""{"x":{"dtype":"F99"}}""", "'x' has an unknown dtype 'F99'")]
    [InlineData("""{"x":{"dtype":"F32","dtype":"F32"}}""", "'x' has dtype twice")]
    [InlineData("""{"x":{"layout":[]}}""", "'x' has an unknown entry 'layout'")]
    [InlineData("""{"x":{"shape":{}}}""", "'x': shape is not an array")]
    [InlineData("""{"x":{"shape":[-1]}}""", "'x': shape has an element that is no integer")]
    [InlineData("""{"x":{"shape":[1.0]}}""", "'x': shape has an element that is no integer")]
    [InlineData("""{"x":{"shape":[2147483648]}}""", "'x': shape has an element that is no integer")]
    [InlineData("""{"x":{"shape":["1"]}}""", "'x': shape has an element that is no integer")]
    [InlineData("""{"x":{"data_offsets":[9223372036854775808]}}""", "'x': data_offsets has an element that is no integer")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "'x': data_offsets are not a begin and an end")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "'x': data_offsets are not a begin and an end")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "'x' needs 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}}""", "'x' has a shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'x' ends at byte 8 of only 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", "'x' begins at byte 4, after a hole from byte 0")]
    [InlineData("""{}""", "cover 0 of the 4 bytes")]
    [InlineData("""{"x":{"dtype":"I32","shape":[],"data_offsets":[0,4]},"y":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}""", "'y' be")]
    [InlineData("""{"x":{"dtype":"I32","shape":[],"data_offsets":[0,4]},"x":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}""", "repeat")]
    [InlineData("""{"x":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"\u0078":{}}""", "'x' is repeated")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "'__metadata__' is repeated")]
    [InlineData("""{"__metadata__":{"k":1}}""", "metadata value of 'k' is not a string")]
    [InlineData("""{"__metadata__":{"k":"1","k":"1"}}""", "metadata key 'k' is repeated")]
    [InlineData("""{"__metadata__":7}""", "'__metadata__' is not an object")]
    [InlineData("""{"x":null}""", "'x' is not an object")]
    [InlineData("""{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", "no whole number of bytes")]
    [InlineData("""{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,4]}}""", "'x' needs 8 bytes")]
    [InlineData("""{"\ud800":{}}""", "name is not valid Unicode")]
    [InlineData("""{"__metadata__":{"k":"\udc00"}}""", "metadata value of 'k' is not valid Unicode")]
    public void ErrorSaysWhatIsWrong(string json, string message)
        => Assert.Contains(message, Failure(SafeTensorsTests.FileOf(json, new byte[4])).Message, StringComparison.Ordinal);

    [Fact]
    public void ErrorsOfTheFrameSayWhatIsWrong()
    {
        Assert.Contains("within the header's length", Failure([1, 0, 0]).Message, StringComparison.Ordinal);
        Assert.Contains("exceeds the file's 9 bytes", Failure([2, 0, 0, 0, 0, 0, 0, 0, 1]).Message, StringComparison.Ordinal);
        Assert.Contains("exceeds the limit", Failure([.. BitConverter.GetBytes(100_000_001L), 1]).Message, StringComparison.Ordinal);
        Assert.Contains("exceeds the limit", Failure([.. BitConverter.GetBytes(-1L), 1]).Message, StringComparison.Ordinal);
        byte[] latin = [(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}'];
        Assert.Contains("not valid UTF-8", Failure(SafeTensorsTests.FileOf(latin, [])).Message, StringComparison.Ordinal);
        string deep = "{\"x\":" + new string('[', 100_000);
        Assert.Contains("not an object", Failure(SafeTensorsTests.FileOf(deep, [])).Message, StringComparison.Ordinal);
        string endless = new('n', 100_000);
        Assert.InRange(Failure(SafeTensorsTests.FileOf($"{{\"{endless}\":1}}", [])).Message.Length, 1, 300);
    }

    [Fact]
    public void RandomMalformedFilesLoadOrThrowInvalidDataExceptionAndNothingElse()
    {
        const int Files = 20_000;
        Random random = new(20_240_229);
        byte[][] originals = [.. Enumerable.Range(0, 50).Select(_ => Original(random))];
        int loaded = 0;
        for (int i = 0; i < Files; i++)
        {
            byte[] bytes = Malform(originals[random.Next(originals.Length)], random);
            bool seekable = Loads(new MemoryStream(bytes), i, bytes);
            Assert.Equal(seekable, Loads(new OneWayStream(bytes), i, bytes));
            loaded += seekable ? 1 : 0;
        }

        // Neither outcome is so rare that the files were all alike.
        Assert.InRange(loaded, Files / 50, Files / 2);
    }

    private static bool Loads(Stream stream, int index, byte[] bytes)
    {
        const long Enough = 4 << 20;
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool loads = false;
        try
        {
            SafeTensors.Read(stream);
            loads = true;
        }
        catch (InvalidDataException)
        {
        }
        catch (Exception e)
        {
            Assert.Fail($"File {index}, {Convert.ToHexString(bytes)}: {e}");
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Enough);
        return loads;
    }

    private static byte[] Original(Random random)
    {
        OrderedDictionary<string, StoredTensor> tensors = [];
        for (int i = random.Next(4); i >= 0; i--)
        {
            int[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(4))];
            int size = shape.Aggregate(1, (a, b) => a * b);
            tensors[$"t{i}"] = random.Next(3) switch
            {
                0 => StoredTensor.Of<float>(shape, new float[size]),
                1 => StoredTensor.Of<double>(shape, new double[size]),
                _ => StoredTensor.Of<int>(shape, new int[size]),
            };
        }

        return SafeTensorsTests.Write(tensors, random.Next(2) == 0 ? null : new() { ["k"] = "v" });
    }

    private static byte[] Malform(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(original);
        switch (random.Next(8))
        {
            case 0:
                for (int i = random.Next(8); i >= 0; i--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 1:
                return bytes[..random.Next(bytes.Length)];
            case 2:
                long lie = random.Next(3) switch
                {
                    0 => random.NextInt64(),
                    1 => random.Next(100_000_010),
                    _ => headerLength + random.Next(-9, 9),
                };
                BinaryPrimitives.WriteInt64LittleEndian(bytes, lie);
                return bytes;
            case 3:
                random.NextBytes(bytes);
                return bytes;
            case 4:
                random.NextBytes(bytes.AsSpan(8));
                bytes[8] = (byte)'{';
                return bytes;
            case 5:
                // Other digits in the header, which leave it valid JSON for the most part.
                int[] digits = [.. Enumerable.Range(8, headerLength).Where(i => char.IsAsciiDigit((char)bytes[i]))];
                bytes[digits[random.Next(digits.Length)]] = (byte)('0' + random.Next(10));
                return bytes;
            case 6:
                return [.. bytes, .. new byte[random.Next(1, 20)]];
            default:
                string json = SafeTensorsTests.Header(bytes);
                for (int i = random.Next(3); i >= 0; i--)
                {
                    int at = random.Next(json.Length + 1);
                    int cut = Math.Min(random.Next(4), json.Length - at);
                    json = string.Concat(json.AsSpan(0, at), Splices[random.Next(Splices.Length)], json.AsSpan(at + cut));
                }

                return SafeTensorsTests.FileOf(Encoding.UTF8.GetBytes(json), bytes[(8 + headerLength)..]);
        }
    }

    private static InvalidDataException Failure(byte[] bytes)
        => Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(bytes)));
}
