using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Core.Files;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Whatever is in the files of a run, a command works or refuses them in one line, with exit code 2.</summary>
public sealed class RandomFileTests(RandomFileTests.Trained trained) : IClassFixture<RandomFileTests.Trained>
{
    private static readonly string[] s_words =
    [
        "0", "-1", "1e400", "NaN", "null", "[]", "{}", "\"\"", "\"a\"", "[1]", "2147483647", "9223372036854775808", "1.5", "true",
        "\"I64\"", "\"F64\"", "\"BF16\"", "[0,8]", "[0]", "\"5-mix\"", "\"\\ud800\"",
    ];

    private Random _random = new(2);

    [Fact]
    public void Tensors()
    {
        byte[] file = File.ReadAllBytes(trained.Exported);
        RandomInput.Try(3000, random =>
        {
            _random = random;
            return SafeTensors.Read(new MemoryStream(random.Next(2) == 0 ? WithAnotherHeader(file) : WithOtherBytes(file)));
        }, least: 3, most: 97);
    }

    // Also with a checksum that is right: one that somebody has changed on purpose.
    [Fact]
    public void Checkpoints()
    {
        byte[] file = File.ReadAllBytes(trained.Checkpoint);
        string path = trained.Temporary.At("c.safetensors");
        RandomInput.Try(1500, random =>
        {
            _random = random;
            byte[] bytes = _random.Next(4) == 0 ? WithOtherBytes(file) : WithAnotherHeader(file);
            File.WriteAllBytes(path, _random.Next(8) == 0 ? bytes : WithChecksum(bytes));
            using var agent = Engine.Bench.Games.LoadedAgent.Load(AgentFolder.Find(path, null), Engine.Kernels.Device.Cpu);
            return 0;
        }, least: 1, most: 90);
    }

    [Fact]
    public void TablesOfMetrics()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(trained.Folder, "metrics.csv"));
        string path = trained.Temporary.At("m.csv");
        RandomInput.Try(1500, random =>
        {
            _random = random;
            File.WriteAllBytes(path, WithOtherBytes(file));
            var table = MetricsTable.Read(path);
            foreach (string column in table.Columns)
                table.Numbers("--y", column, [.. Enumerable.Range(0, table.Count)]);
            return 0;
        }, least: 3, most: 97);
    }

    // Whole commands, on folders with a file of which something is wrong.
    [Fact]
    public void Folders()
    {
        string[] files =
        [
            "config.json", "metrics.csv", "summary.json", "2-0/checkpoint.safetensors", "2-0/point-0000.safetensors", "2-1/metrics.csv",
        ];
        string folder = trained.Temporary.At("folder");
        string[] commands =
        [
            $"evaluate {folder} --episodes 1 --quiet",
            $"play {folder} --agent 2-0",
            $"plot {folder} --out {At("p.svg")} --overwrite",
            $"report {folder} --out {At("r.html")}",
            $"export {folder} --agent 2-0 --onnx {At("o.onnx")}",
            $"snake --resume --quiet --out {folder}",
            $"snake --resume --frames 72 --quiet --out {folder}",
            $"snake --fork {folder} --agent 2-0 --method 1 --frames 72 --quiet --overwrite --out {At("f")}",
            $"variance {folder} --agent 2-0 --replicates 2 --points 1 --methods 1 --quiet --overwrite --out {At("v")}",
        ];
        for (int i = 0; i < 60 * RandomInput.Factor; i++)
        {
            _random = RandomInput.Numbers(i);
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            TrainedFolder.Copy(trained.Folder, folder);
            string file = Path.Combine(folder, files[_random.Next(files.Length)]);
            byte[] bytes = File.ReadAllBytes(file);
            File.WriteAllBytes(
                file,
                !file.EndsWith(".safetensors", StringComparison.Ordinal) || _random.Next(3) == 0 ? WithOtherBytes(bytes)
                : WithChecksum(WithAnotherHeader(bytes)));
            string command = commands[_random.Next(commands.Length)];
            var before = Contents();
            var (code, _, error) = TrainedFolder.Try(command);
            Assert.True(code is ExitCodes.Ok or ExitCodes.UserError, $"Try {i}, {command} with another {file}: {code}, {error}");
            if (code == ExitCodes.UserError)
            {
                RandomInput.AssertPrintable(error);
                Assert.True(before.SequenceEqual(Contents()), $"Try {i}, {command} with another {file} changed what is there: {error}");
            }
        }

        string At(string name) => trained.Temporary.At(name);

        IEnumerable<(string, string)> Contents()
            => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order()
                .Select(path => (path, Convert.ToHexString(XxHash3.Hash(File.ReadAllBytes(path)))))];
    }

    // Bytes that are others, missing or twice there, words that numbers turn into, or an end that comes early.
    private byte[] WithOtherBytes(byte[] file)
    {
        var bytes = file.ToList();
        for (int i = 1 + _random.Next(3); i > 0 && bytes.Count > 0; i--)
        {
            // Most of what can go wrong is at the beginning.
            int at = _random.Next(_random.Next(2) == 0 ? bytes.Count : Math.Min(bytes.Count, 2000));
            int count = Math.Min(1 + _random.Next(8), bytes.Count - at);
            switch (_random.Next(6))
            {
                case 0:
                    bytes.RemoveRange(at, count);
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(at, count));
                    break;
                case 2:
                    bytes.RemoveRange(at, count);
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_words[_random.Next(s_words.Length)]));
                    break;
                case 3 when _random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] = (byte)(_random.Next(2) == 0 ? _random.Next(256) : bytes[at] ^ (1 << _random.Next(8)));
                    break;
            }
        }

        return [.. bytes];
    }

    // The header is JSON, and what follows is as it was.
    private byte[] WithAnotherHeader(byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        string header = Encoding.UTF8.GetString(file, 8, length).TrimEnd();
        for (int i = 1 + _random.Next(2); i > 0; i--)
        {
            // A number or a text gives way to something else or to nothing, here or in the texts of JSON that the header has.
            int at = header.IndexOfAny([':', ','], _random.Next(header.Length));
            int end = at < 0 ? -1 : header.IndexOfAny([',', '}', ']'], at + 1);
            if (end < 0)
                continue;
            if (header[at] == ',' && _random.Next(4) == 0)
            {
                header = header.Remove(at, end - at);
                continue;
            }

            string word = s_words[_random.Next(s_words.Length)];
            header = header[..(at + 1)] + (header[at + 1] == '\\' ? word.Replace("\"", "\\\"") : word) + header[end..];
        }

        byte[] text = Encoding.UTF8.GetBytes(header.PadRight((header.Length + 7) / 8 * 8));
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, text.Length);
        return [.. prefix, .. text, .. file[(8 + length)..]];
    }

    private static byte[] WithChecksum(byte[] file)
    {
        int at = file.AsSpan().IndexOf("\"checksum\":\""u8) + "\"checksum\":\"".Length;
        if (at < 12 || at + 16 > file.Length)
            return file;
        file.AsSpan(at, 16).Fill((byte)'0');
        string sum = XxHash3.HashToUInt64(file).ToString("x16", CultureInfo.InvariantCulture);
        Encoding.ASCII.GetBytes(sum).CopyTo(file, at);
        return file;
    }

    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            TrainedFolder.Run(
                "snake --grid 4 --step-limit 9 --envs 2 --rollout 3 --log-every 3 --threads 1 --method 2 --frames 48 --points 2 --seeds 2 "
                    + $"--out {Folder}");
            // How fast it was differs from run to run, and so would all that comes after it.
            foreach (string file in Directory.GetFiles(Folder, "metrics.csv", SearchOption.AllDirectories))
                File.WriteAllLines(file, File.ReadAllLines(file).Select(line => Regex.Replace(line, @",\d[^,]*$", ",1")));
            string summary = Path.Combine(Folder, "summary.json");
            File.WriteAllText(summary, Regex.Replace(File.ReadAllText(summary), @"(?<=""frames-per-second"": )\d[^,\s]*", "1"));
            Assert.Equal(ExitCodes.Ok, TrainedFolder.Try($"export {Folder} --agent 2-0 --safetensors {Exported}").Code);
        }

        internal TemporaryFolder Temporary { get; } = new();

        internal string Folder => Temporary.At("run");

        internal string Checkpoint => Path.Combine(Folder, "2-0", RunFolder.Checkpoint);

        internal string Exported => Temporary.At("e.safetensors");

        public void Dispose() => Temporary.Dispose();
    }
}
