using System.Globalization;
using System.IO.Hashing;
using Engine.Bench.Output;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>
/// What all tests of random input want. ENGINE_TRIES=10 in the environment makes ten times as many tries.
/// </summary>
internal static class RandomInput
{
    /// <summary>How many times as many tries.</summary>
    public static int Factor { get; }
        = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_TRIES"), CultureInfo.InvariantCulture, out int tries) ? tries : 1;

    /// <summary>The random numbers of a try. Seeds that follow each other would begin alike.</summary>
    public static Random Numbers(int attempt) => new((int)XxHash32.HashToUInt32(BitConverter.GetBytes(attempt)));

    /// <summary>Tries something often: it works, or complains as it should; and both happen.</summary>
    /// <param name="tries">How often.</param>
    /// <param name="attempt">Reads or parses something that depends on the numbers it is given, which are those of the try.</param>
    /// <param name="least">How many in a hundred work at the least.</param>
    /// <param name="most">And at the most.</param>
    public static void Try<T>(int tries, Func<Random, T> attempt, int least, int most)
    {
        int accepted = 0;
        for (int i = 0; i < tries * Factor; i++)
        {
            try
            {
                attempt(Numbers(i));
                accepted++;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                using var error = new StringWriter();
                int code = Complaints.Print(e, error);
                Assert.True(code == ExitCodes.UserError, $"Try {i}: {e}");
                AssertPrintable(error.ToString());
            }
        }

        Assert.InRange(accepted, tries * Factor * least / 100, tries * Factor * most / 100);
    }

    /// <summary>Fails unless a complaint is one line that says something to a person.</summary>
    public static void AssertPrintable(string error)
    {
        Assert.EndsWith(Environment.NewLine, error);
        string line = error[..^Environment.NewLine.Length];
        Assert.InRange(line.Length, 10, 300);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.DoesNotContain("System.", line);
        Assert.DoesNotContain("(Parameter ", line);
    }
}
